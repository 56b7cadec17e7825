/**
 * The memory-mapped index of a data set, and its out-of-core construction. Open {@code
 * DatasetIndex} first.
 */
package ffc.loaders.index;
