/**
 * Readers of the formats of image pairs: InsightFace's {@code .bin} and text lists. Open {@link
 * ffc.loaders.pairs.ListedPairs} first.
 */
package ffc.loaders.pairs;
