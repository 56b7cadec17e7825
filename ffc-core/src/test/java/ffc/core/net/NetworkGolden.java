package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Values that PyTorch gave for a network whose weights follow a formula (bench/*_golden.py). */
final class NetworkGolden {
  private final NDManager manager;
  private final boolean rising;
  private final Map<String, String> lines = new HashMap<>();

  /**
   * @param rising whether the formula's frequency rises: sin(0.37 i²) instead of sin(0.7 i)
   */
  NetworkGolden(String resource, boolean rising, NDManager manager) throws IOException {
    this.manager = manager;
    this.rising = rising;
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                NetworkGolden.class.getResourceAsStream(resource), StandardCharsets.UTF_8))) {
      in.lines().forEach(line -> lines.put(line.split("\t")[0], line.split("\t")[1]));
    }
  }

  String[] names() {
    return lines.get("names").split(" ");
  }

  /** Weights with recorded gradients. */
  String[] gradients() {
    return lines.keySet().stream()
        .filter(key -> key.startsWith("gradient "))
        .map(key -> key.split(" ")[1])
        .sorted()
        .toArray(String[]::new);
  }

  /** Sets all arrays of a network by the formula. */
  void fill(Parameters parameters) {
    int number = 0;
    for (Map.Entry<String, NDArray> entry : parameters.all().entrySet()) {
      boolean fixed = !parameters.weights().containsKey(entry.getKey());
      parameters.set(
          entry.getKey(), formula(entry.getKey(), entry.getValue().getShape(), number++, fixed));
    }
  }

  private NDArray formula(String name, Shape shape, int number, boolean fixed) {
    float[] values = wave((int) shape.size(), number);
    double fan = shape.dimension() > 1 ? (double) shape.size() / shape.get(0) : 1;
    for (int i = 0; i < values.length; i++) {
      if (fixed && name.endsWith("weight")) {
        values[i] = 1;
      } else if (name.endsWith("running_var")
          || shape.dimension() == 1 && name.endsWith("weight")) {
        values[i] = 1 + 0.3f * values[i];
      } else {
        values[i] *= shape.dimension() > 1 ? (float) (1 / Math.sqrt(fan)) : 0.2f;
      }
    }
    return manager.create(values, shape);
  }

  /** An array by the formula. */
  NDArray waves(double phase, long... shape) {
    Shape sizes = new Shape(shape);
    return manager.create(wave((int) sizes.size(), phase), sizes);
  }

  private float[] wave(int count, double phase) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) Math.sin((rising ? 0.37 * i * i : 0.7 * i) + phase);
    }
    return values;
  }

  /** A training pass and its gradients. */
  NDArray train(Backbone network, NDArray images) {
    network.parameters().requireGradients();
    JniUtils.setGradMode(true);
    NDArray out = network.forward(images, true, false);
    JniUtils.setGradMode(false);
    NDArray pull = waves(0.1, out.getShape().getShape());
    JniUtils.backward((PtNDArray) out, (PtNDArray) pull, false, false);
    return out;
  }

  private double[] values(String key) {
    return Arrays.stream(lines.get(key).split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  double cosine(NDArray actual, String key) {
    float[] a = actual.toFloatArray();
    double[] b = values(key);
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < b.length; i++) {
      ab += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }

  void assertClose(NDArray actual, String key, double tolerance) {
    double[] expected = values(key);
    float[] values = actual.toFloatArray();
    assertThat(values).as(key).hasSize(expected.length);
    double scale = Arrays.stream(expected).map(Math::abs).max().orElse(1);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i])
          .as(key + " " + i)
          .isCloseTo(expected[i], within(tolerance * Math.max(1, scale)));
    }
  }
}
