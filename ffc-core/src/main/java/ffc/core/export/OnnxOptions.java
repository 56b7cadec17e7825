package ffc.core.export;

/**
 * What an ONNX file shall hold.
 *
 * @param fold whether batch norm is put into the layers beside it, where that changes nothing
 * @param half whether weights and arithmetic are f16; what goes in and comes out is f32 in any case
 * @param pixels whether the network takes values from 0 to 255 and brings them to [-1, 1] itself
 * @param unit whether it gives embeddings of length 1, or features as they are
 */
public record OnnxOptions(boolean fold, boolean half, boolean pixels, boolean unit) {}
