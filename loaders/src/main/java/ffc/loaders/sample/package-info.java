/**
 * What each batch consists of: keyed orders and the sampler that reads them. Open {@code
 * PairSampler} first.
 */
package ffc.loaders.sample;
