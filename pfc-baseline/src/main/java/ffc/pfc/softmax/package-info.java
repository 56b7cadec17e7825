/**
 * Margin softmax over drawn class centres, also when they lie with several trainers. Open {@link
 * ffc.pfc.softmax.SampledSoftmax} first.
 */
package ffc.pfc.softmax;
