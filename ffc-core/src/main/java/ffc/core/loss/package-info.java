/**
 * Margins and their softmax: value and gradient by the cosines. Open {@link
 * ffc.core.loss.MarginHead} first.
 */
package ffc.core.loss;
