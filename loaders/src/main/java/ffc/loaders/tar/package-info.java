/**
 * Tars of samples, read in place: images and labels that share a name but for its ending. Open
 * {@link ffc.loaders.tar.TarSource} first.
 */
package ffc.loaders.tar;
