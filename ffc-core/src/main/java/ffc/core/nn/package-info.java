/**
 * Backbones as plain functions over named parameters. Names follow the state dicts of InsightFace's
 * PyTorch models, so that weights travel both ways. Open {@link ffc.core.nn.Backbone} first.
 */
package ffc.core.nn;
