/** Speed of what is done with embeddings. Open {@link ffc.eval.bench.SearchBench} first. */
package ffc.eval.bench;
