/**
 * The table of formats of labelled image sets: what each is called, how it is told from a path, how
 * it is opened. Open {@link ffc.loaders.format.DataFormat} first.
 */
package ffc.loaders.format;
