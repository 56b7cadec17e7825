/**
 * Commands about trained networks: pictures shown to them, files of them for others and of others.
 * Open {@link ffc.cli.network.SearchCommand} first.
 */
package ffc.cli.network;
