/**
 * Embeddings: in arrays, in files, made by a network. Open {@link ffc.eval.embedding.Embeddings}
 * first.
 */
package ffc.eval.embedding;
