/**
 * Evaluation of any embeddings by the protocols of the field; knows no training. Open {@link
 * ffc.eval.Evaluator} first; {@link ffc.eval.roc.EvalResult} is what it reports.
 */
package ffc.eval;
