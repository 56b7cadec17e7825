/**
 * 1:N identification: closed set, open set and among distractors. Open {@link
 * ffc.eval.search.Identification} first.
 */
package ffc.eval.search;
