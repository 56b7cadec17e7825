/**
 * Identities found in images that have none: clusters of their embeddings, and how they agree with
 * true labels. Open {@link ffc.eval.cluster.AverageLinkage} first.
 */
package ffc.eval.cluster;
