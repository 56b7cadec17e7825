/**
 * 1:1 verification of listed pairs: ten folds, and templates of several images. Open {@link
 * ffc.eval.pairs.Verification} first.
 */
package ffc.eval.pairs;
