/**
 * What each batch consists of: keyed orders of identities and images, and the sampler that reads
 * them. Open {@link ffc.loaders.sample.PairSampler} first.
 */
package ffc.loaders.sample;
