/**
 * Parquet files of images and labels, read in place one page at a time. Open {@link
 * ffc.loaders.parquet.ParquetSource} first.
 */
package ffc.loaders.parquet;
