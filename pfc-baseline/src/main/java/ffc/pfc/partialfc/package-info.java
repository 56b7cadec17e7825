/**
 * Partial FC and full FC. Open {@link ffc.pfc.partialfc.PartialFc} first, {@link
 * ffc.pfc.classes.ClassSampler} for how classes are drawn.
 */
package ffc.pfc.partialfc;
