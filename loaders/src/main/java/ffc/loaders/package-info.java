/**
 * Data sets, samplers and decoding: from records on disk to {@link ffc.loaders.PairBatch}es, known
 * to no tensor library. Open {@code DualLoader} first.
 */
package ffc.loaders;
