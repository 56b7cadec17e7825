/**
 * Backbones as plain functions over named parameters. Names of the IResNets are those of
 * InsightFace's PyTorch state dicts, so that weights travel both ways; those of MobileFaceNet are
 * this project's own, with the paper's widths, and weights of other MobileFaceNets do not fit. Open
 * {@link ffc.core.nn.Backbone} first.
 */
package ffc.core.nn;
