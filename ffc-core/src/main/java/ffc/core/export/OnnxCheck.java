package ffc.core.export;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ffc.engine.InnerProduct;
import ffc.eval.embedding.ImageEmbedder;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** An ONNX file run by ONNX Runtime beside the network that it was made of. */
public final class OnnxCheck {
  private OnnxCheck() {}

  /**
   * Compares embeddings of made-up images, in lengths of the network's own.
   *
   * @param file made with {@code options}
   * @param batches images at a time, each tried once
   * @return largest difference of a value; NaN if one is none
   * @throws IllegalArgumentException if ONNX Runtime refuses the file, with its reason
   */
  public static double largestDifference(
      Path file, ImageEmbedder network, OnnxOptions options, int... batches) {
    Random random = new Random(1);
    double largest = 0;
    try (OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions settings = inThisThread();
        OrtSession session = environment.createSession(file.toString(), settings)) {
      for (int count : batches) {
        ByteBuffer images = images(network.shape(), count, random);
        float[] ours = new float[count * network.dim()];
        network.embed(images, count, ours, 0);
        float[] theirs = run(environment, session, images, network.shape(), options, count);
        largest = Math.max(largest, difference(ours, theirs, network.dim(), options.unit()));
      }
    } catch (OrtException e) {
      throw new IllegalArgumentException(
          "export: ONNX Runtime refuses the file: " + e.getMessage().replaceAll("\\s+", " "), e);
    }
    return largest;
  }

  /** Its own threads wait by spinning, against those of the engine. */
  private static OrtSession.SessionOptions inThisThread() throws OrtException {
    OrtSession.SessionOptions settings = new OrtSession.SessionOptions();
    settings.setIntraOpNumThreads(1);
    return settings;
  }

  private static float[] run(
      OrtEnvironment environment,
      OrtSession session,
      ByteBuffer images,
      ImageShape shape,
      OnnxOptions options,
      int count)
      throws OrtException {
    float[] values = new float[count * shape.bytes()];
    for (int i = 0; i < values.length; i++) {
      int pixel = images.get(i) & 0xff;
      values[i] = options.pixels() ? pixel : (pixel - OnnxFile.MEAN) / OnnxFile.MEAN;
    }
    long[] sizes = {count, shape.channels(), shape.height(), shape.width()};
    try (OnnxTensor in = OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), sizes);
        OrtSession.Result result = session.run(Map.of(OnnxFile.INPUT, in))) {
      OnnxTensor rows = (OnnxTensor) result.get(OnnxFile.OUTPUT).orElseThrow();
      return rows.getFloatBuffer().array();
    }
  }

  /** Noise, and on every second image a square in it, so that they are not all alike. */
  private static ByteBuffer images(ImageShape shape, int count, Random random) {
    ByteBuffer images = ByteBuffer.allocateDirect(count * shape.bytes());
    byte[] noise = new byte[images.capacity()];
    random.nextBytes(noise);
    for (int i = 0; i < noise.length; i++) {
      int x = i % shape.width();
      int y = i / shape.width() % shape.height();
      boolean inside = Math.max(x, y) < Math.min(shape.width(), shape.height()) / 2;
      boolean dark = inside && i / shape.bytes() % 2 == 1;
      images.put(i, dark ? (byte) (noise[i] & 0x3f) : noise[i]);
    }
    return images;
  }

  private static double difference(float[] ours, float[] theirs, int dim, boolean unit) {
    if (ours.length != theirs.length) {
      return Double.NaN;
    }
    double largest = 0;
    for (int row = 0; row < ours.length; row += dim) {
      double length = Math.sqrt(InnerProduct.exact(ours, row, ours, row, dim));
      for (int i = row; i < row + dim; i++) {
        double their = unit ? theirs[i] : theirs[i] / length;
        largest = Math.max(largest, Math.abs(ours[i] / length - their));
      }
    }
    return largest;
  }
}
