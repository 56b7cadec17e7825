/**
 * Readers of the formats of labelled images (RecordIO, folders, manifests, LMDB), each a {@link
 * ffc.loaders.table.Source}. Open {@link ffc.loaders.source.Sources} first.
 */
package ffc.loaders.source;
