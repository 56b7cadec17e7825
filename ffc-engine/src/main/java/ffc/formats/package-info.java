/**
 * Arrays on disk in the formats of others: safetensors, PyTorch's {@code .pth} and NumPy's {@code
 * .npy}, known to no network and no tensor library. Open {@link ffc.formats.WeightFile} first.
 */
package ffc.formats;
