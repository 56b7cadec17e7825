package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.core.loss.CosFace;
import ffc.engine.Autograd;
import ffc.pfc.softmax.SampledSoftmax;
import ffc.pfc.softmax.Samples;
import ffc.pfc.softmax.Shards;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dense updates against PyTorch's own optimisers. {@code dense-golden.txt} comes from {@code
 * bench/pfc_dense_golden.py} (float64); the tolerance is 1e-6 a value.
 */
class DenseGoldenTest {
  private static final int C = 12;
  private static final int E = 5;

  private static RowRule rule(String name) {
    return switch (name) {
      case "sgd" -> new RowRule.SgdRows(0.9f, false, 0.01f);
      case "nesterov" -> new RowRule.SgdRows(0.9f, true, 0.01f);
      case "adamw" -> new RowRule.AdamWRows(0.9, 0.99, 1e-8, 0.05);
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest(name = "rows on the device: {0}")
  @ValueSource(booleans = {false, true})
  void denseUpdatesAgreeWithPyTorch(boolean onDevice) throws IOException {
    List<String[]> lines;
    try (InputStream in = DenseGoldenTest.class.getResourceAsStream("dense-golden.txt")) {
      lines =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.startsWith("#"))
              .map(line -> line.split(" "))
              .toList();
    }
    int compared = 0;
    try (NDManager manager = NDManager.newBaseManager();
        TableMemory memory = new TableMemory.Native();
        RowWorkers workers = new RowWorkers(2)) {
      Autograd.off();
      SampledSoftmax softmax =
          new SampledSoftmax(new CosFace(0.4), 8, null, Shards.ALONE, manager, workers);
      ClassCenters centers = null;
      double rate = 0;
      long step = 0;
      long[] ids = null;
      SampledClasses rows = null;
      SampledSoftmax.RowGradients gradients = null;
      double loss = 0;
      for (String[] line : lines) {
        switch (line[0]) {
          case "case" -> {
            centers =
                onDevice
                    ? new ClassCenters(ClassRange.all(C), E, 1, rule(line[1]), true, manager)
                    : new ClassCenters(
                        ClassRange.all(C), E, 1, rule(line[1]), true, memory, workers);
            step = 0;
          }
          case "w0" -> {
            for (int cls = 0; cls < C; cls++) {
              centers.set(cls, Arrays.copyOfRange(floats(line), cls * E, cls * E + E));
            }
          }
          case "step" -> {
            rate = Double.parseDouble(line[1]);
            step++;
          }
          case "ids" -> ids = longs(line);
          case "rows" -> rows = SampledClasses.of(longs(line));
          case "e" -> {
            gradients = softmax.new RowGradients();
            loss =
                softmax
                    .score(
                        new Samples(manager.create(floats(line), new Shape(ids.length, E)), ids),
                        centers,
                        rows,
                        ids.length,
                        gradients)
                    .loss();
          }
          case "loss" -> assertThat(loss).isCloseTo(Double.parseDouble(line[1]), within(1e-5));
          case "w" -> {
            centers.update(rows, gradients, rate, step);
            float[] expected = floats(line);
            for (int i = 0; i < expected.length; i++) {
              assertThat(centers.row(i / E)[i % E])
                  .as("step " + step + ", value " + i)
                  .isCloseTo(expected[i], within(1e-6f));
              compared++;
            }
          }
          default -> throw new IllegalArgumentException(line[0]);
        }
      }
    }
    assertThat(compared).isEqualTo(3 * 5 * C * E);
  }

  private static float[] floats(String[] line) {
    float[] values = new float[line.length - 1];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Double.parseDouble(line[i + 1]);
    }
    return values;
  }

  private static long[] longs(String[] line) {
    return Arrays.stream(line).skip(1).mapToLong(Long::parseLong).toArray();
  }
}
