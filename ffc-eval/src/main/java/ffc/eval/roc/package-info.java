/**
 * Figures of scores: histograms, true accept rates at false accept rates, confidence intervals.
 * Open {@link ffc.eval.roc.SimilarityHistogram} first.
 */
package ffc.eval.roc;
