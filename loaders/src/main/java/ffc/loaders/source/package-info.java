/**
 * Readers of the formats of labelled images (RecordIO, folders, manifests, LMDB), each a {@link
 * ffc.loaders.table.Source} with its entry of the table of formats. Open {@link
 * ffc.loaders.source.ManifestSource} first.
 */
package ffc.loaders.source;
