/**
 * Evaluation protocols of the field over embeddings in plain arrays: 1:1 verification, all-pairs
 * TAR@FAR, 1:N identification. Open {@link ffc.core.eval.Evaluator} first; {@link
 * ffc.core.eval.EvalResult} is what they report.
 */
package ffc.core.eval;
