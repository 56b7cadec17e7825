/**
 * How images are found: mapped files, the table of identities, records and their cache. Open {@code
 * RecordDataset} first.
 */
package ffc.loaders.store;
