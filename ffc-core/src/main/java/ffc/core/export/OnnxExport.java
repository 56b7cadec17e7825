package ffc.core.export;

import ffc.core.net.Architecture;
import ffc.eval.embedding.ImageEmbedder;
import ffc.formats.FileProblem;
import ffc.formats.HostTensor;
import ffc.formats.WholeFile;
import ffc.formats.proto.ProtoMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/** Writes ONNX files that ONNX Runtime has run, and no others. */
public final class OnnxExport {
  /** Largest difference that rounding in f32 explains. */
  static final double BOUND = 1e-5;

  /** The same of f16, whose numbers have eleven bits: docs/decisions/120-onnx.md. */
  static final double HALF_BOUND = 5e-3;

  private static final int[] BATCHES = {1, 3};

  private OnnxExport() {}

  /** Whether this program has ONNX Runtime, which packed ones leave out. */
  public static boolean isPossible() {
    try {
      Class.forName("ai.onnxruntime.OrtEnvironment", false, OnnxExport.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /**
   * Writes the file, if its embeddings are those of the network; otherwise the place stays as it
   * was.
   *
   * @param weights the network's arrays by name, f32
   * @param embedder the network as it runs here
   * @return largest difference of a value of an embedding of length 1
   * @throws IllegalArgumentException if embeddings differ by more than rounding does
   */
  public static double write(
      Path out,
      Architecture network,
      Map<String, HostTensor> weights,
      ImageEmbedder embedder,
      OnnxOptions options,
      Map<String, String> metadata)
      throws IOException {
    ProtoMessage model =
        OnnxFile.of(network, weights, embedder.shape(), embedder.dim(), options, metadata);
    Path aside = out.resolveSibling("." + out.getFileName() + ".unchecked");
    try {
      WholeFile.create(aside, model::writeTo);
      aside.toFile().deleteOnExit(); // if a signal ends the process meanwhile
      double difference = OnnxCheck.largestDifference(aside, embedder, options, BATCHES);
      double bound = options.half() ? HALF_BOUND : BOUND;
      if (!(difference <= bound)) {
        throw new IllegalArgumentException(
            "export: ONNX Runtime's embeddings differ by %.1e, wanted at most %.0e: %s is not written%s"
                .formatted(difference, bound, out, options.half() ? "; fp32 may do" : ""));
      }
      try {
        Files.move(aside, out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw FileProblem.writing(out, e);
      }
      return difference;
    } finally {
      Files.deleteIfExists(aside);
    }
  }
}
