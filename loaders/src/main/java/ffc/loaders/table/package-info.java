/**
 * How images are found: mapped files, the table of identities, records and their cache. Open {@link
 * ffc.loaders.table.RecordDataset} first.
 */
package ffc.loaders.table;
