/**
 * A network written for others, as TorchScript or as ONNX. Open {@link
 * ffc.core.export.BackboneScript} first, then {@link ffc.core.export.OnnxFile}.
 */
package ffc.core.export;
