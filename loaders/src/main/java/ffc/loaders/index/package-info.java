/**
 * The memory-mapped index of a data set, and its out-of-core construction. Open {@link
 * ffc.loaders.index.DatasetIndex} first.
 */
package ffc.loaders.index;
