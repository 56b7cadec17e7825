/**
 * Objects behind {@code http://} and {@code https://} addresses as files that are read by position:
 * a read-only file system whose channels fetch ranges, ahead of the reader and again after a
 * failure. Open {@link ffc.loaders.remote.RemotePath} first.
 */
package ffc.loaders.remote;
