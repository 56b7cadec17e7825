package example;

import java.nio.file.Path;
import java.util.List;

/** An exported network, by whatever runs it. */
public interface Network extends AutoCloseable {

  /** The vectors of length 1 of images, in their order. */
  List<float[]> embed(List<Image> images) throws Exception;

  @Override
  void close() throws Exception;

  /**
   * Loads a file by its ending.
   *
   * @param file .pt for DJL with PyTorch, .onnx for ONNX Runtime
   */
  static Network load(Path file) throws Exception {
    return file.toString().endsWith(".onnx") ? new OnnxNetwork(file) : new TorchNetwork(file);
  }
}
