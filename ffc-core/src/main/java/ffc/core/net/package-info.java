/**
 * Networks as functions over named parameters, and the moving average of one. Names of the IResNets
 * are those of InsightFace's PyTorch state dicts, so that weights travel both ways; those of
 * MobileFaceNet are this project's own, with the paper's widths. Open {@link ffc.core.net.Encoder}
 * first.
 */
package ffc.core.net;
