package ffc.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the arrays of an ONNX model. Nothing in it is executed. */
public final class OnnxWeights {
  private OnnxWeights() {}

  /** Whether variances are those of a batch norm that was folded and has come back. */
  public static boolean isNeutralVariance(HostTensor variances) {
    float[] values = variances.toFloats();
    for (float epsilon : new float[] {OnnxLayers.EPSILON, TransformerNames.EPSILON}) {
      boolean all = true;
      for (float variance : values) {
        all &= variance == 1 - epsilon;
      }
      if (all) {
        return true;
      }
    }
    return false;
  }

  /** The arrays as the file names them, slopes of PReLU as one number a channel. */
  private static Map<String, HostTensor> withFlatSlopes(OnnxModel model) {
    Map<String, HostTensor> arrays = new LinkedHashMap<>(model.arrays());
    for (OnnxModel.Node node : model.nodes()) {
      if (node.operator().equals("PRelu")) {
        arrays.computeIfPresent(node.input(1), (name, slopes) -> flat(slopes));
      }
    }
    return arrays;
  }

  /** Values of channels that stand as [C, 1, 1], as [C]. */
  static HostTensor flat(HostTensor array) {
    return new HostTensor(array.type(), new long[] {array.elements()}, array.data());
  }

  /**
   * All arrays by name. Exporters fold batch norm and drop names; those of a residual network, a
   * MobileFaceNet or a vision transformer such as InsightFace's get the names that it has there, by
   * the place of their layers ({@link ResidualNames}, {@link MobileNames}, {@link
   * TransformerNames}). All others keep what the file calls them.
   *
   * @return in the order of the file, or of the layers
   * @throws IllegalArgumentException if the file cannot be read, is damaged or has arrays elsewhere
   */
  public static Map<String, HostTensor> read(Path file) {
    ByteBuffer bytes;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            file + ": got " + channel.size() + " bytes, an ONNX model has at most 2 GiB");
      }
      bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": cannot be read: " + e.getMessage(), e);
    }
    try {
      OnnxModel model = OnnxModel.read(bytes);
      if (model.arrays().isEmpty()) {
        throw new IllegalArgumentException("got an ONNX model without arrays, wanted weights");
      }
      return ResidualNames.of(model)
          .or(() -> MobileNames.of(model))
          .or(() -> TransformerNames.of(model))
          .orElseGet(() -> withFlatSlopes(model));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }
}
