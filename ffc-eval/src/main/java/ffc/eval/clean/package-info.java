/**
 * Cleaning of labelled sets by the embeddings of a trained model: what does not belong to its
 * identity, and which identities look like one. Open {@link ffc.eval.clean.Cleaning} first.
 */
package ffc.eval.clean;
