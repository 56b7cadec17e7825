package ffc.core.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Parameters;
import ffc.core.net.Precision;
import ffc.engine.Autograd;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Update rules against PyTorch's; reference values by bench/optimizer_golden.py. */
class OptimizerConfigTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "sgd-nesterov", "sgd-plain", "adamw"})
  void updatesAreThoseOfPyTorch(String rule) throws IOException {
    assertThat(run(rule, false)).containsExactly(golden(rule), within(2e-6));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adamw"})
  void aRestoredOptimizerGoesOnAsBefore(String rule) throws IOException {
    assertThat(run(rule, true)).containsExactly(run(rule, false), within(0.0));
  }

  @Test
  void clippingScalesTheGradientOnly() {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1)) {
      NDArray weight = weight(parameters, manager);
      try (Optimizer optimizer = Optimizer.of(config("sgd-plain"), parameters, manager)) {
        setGradient(weight, new float[] {3, 0, -4});
        assertThat(optimizer.gradientNorm()).isCloseTo(5, within(1e-6));
        optimizer.step(0.1, 0.5);
        // p - 0.1 (0.5 g + 0.01 p)
        assertThat(weight.toFloatArray())
            .containsExactly(
                new float[] {0.5f - 0.15f - 5e-4f, -1 + 0.001f, 2 + 0.2f - 0.002f}, within(1e-6f));
        optimizer.zeroGradients();
        assertThat(optimizer.gradientNorm()).isZero();
      }
    }
  }

  /** Arrays of a network's size that live to the end of a step are what the plan does not count. */
  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adamw"})
  void aStepMakesNoArraysButTheViewsOfItsGradients(String rule) {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1)) {
      List<NDArray> weights =
          List.of(
              parameters.constant("a", new Shape(3), 1),
              parameters.constant("b", new Shape(2, 2), 1),
              parameters.constant("c", new Shape(5), 1));
      parameters.requireGradients();
      weights.forEach(w -> setGradient(w, new float[(int) w.size()]));
      try (Optimizer optimizer = Optimizer.of(config(rule), parameters, manager)) {
        NDManager owner = weights.get(0).getManager();
        int before = owner.getManagedArrays().size();
        optimizer.step(0.1, 0.5);
        int after = owner.getManagedArrays().size();
        assertThat(after - before).isEqualTo(weights.size());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adamw"})
  void vectorsAndWhatIsAddedStayWhereMatricesAloneDecay(String rule) {
    Autograd.off();
    for (OptimizerConfig.Decays decays : OptimizerConfig.Decays.values()) {
      try (NDManager manager = NDManager.newBaseManager();
          Parameters parameters = new Parameters(manager, 1)) {
        NDArray bias = parameters.constant("bias", new Shape(3), 1);
        NDArray product = parameters.constant("product", new Shape(2, 2), 1);
        NDArray positions = parameters.constant("positions", new Shape(1, 4, 3), 1);
        NDArray filter = parameters.constant("filter", new Shape(1, 2, 3, 3), 1);
        parameters.requireGradients();
        List<NDArray> all = List.of(bias, product, positions, filter);
        all.forEach(w -> setGradient(w, new float[(int) w.size()]));
        OptimizerConfig config =
            OptimizerConfigBuilder.builder(config(rule)).decays(decays).build();
        try (Optimizer optimizer = Optimizer.of(config, parameters, manager)) {
          optimizer.step(0.1, 1);
          float decayed = rule.equals("sgd") ? 1 - 0.1f * 0.01f : 1 - 0.1f * 0.05f;
          float kept = decays == OptimizerConfig.Decays.all ? decayed : 1;
          assertThat(all)
              .extracting(w -> w.toFloatArray()[0])
              .containsExactly(kept, decayed, kept, decayed);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd-plain", "adamw"})
  void partsMoveByRatesOfTheirOwn(String rule) {
    Autograd.off();
    OptimizerConfig config =
        OptimizerConfigBuilder.builder(config(rule))
            .weightDecay(0.0)
            .rates(Map.of("trunk", 0.5, "layer2", 0.25))
            .build();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder encoder = Encoder.create(NETWORK, manager, 1, Precision.fp32);
        Optimizer optimizer = of(config, encoder, manager)) {
      Map<String, Double> moved = step(encoder, optimizer, 1);
      moved.forEach(
          (part, by) ->
              assertThat(by)
                  .as(part)
                  .isCloseTo(
                      0.1 * Map.of("layer2", 0.25, "embedding", 1.0).getOrDefault(part, 0.5),
                      within(1e-6)));
      assertThat(moved).containsOnlyKeys("stem", "layer1", "layer2", "embedding");
    }
  }

  /** Of each backbone's own blocks, beside the rule worked out in double precision. */
  @ParameterizedTest
  @CsvSource({
    "sgd, iresnet, stem 0.421875 layer1 0.5625 layer2 0.75 embedding 1",
    "adamw, iresnet, stem 0.421875 layer1 0.5625 layer2 0.75 embedding 1",
    "sgd, vit, stem 0.421875 block0 0.5625 block1 0.75 embedding 1",
    "adamw, vit, stem 0.421875 block0 0.5625 block1 0.75 embedding 1"
  })
  void partsMoveTheLessTheDeeperTheyLie(
      String rule, ModelConfig.Backbone backbone, String factors) {
    Autograd.off();
    boolean vit = backbone == ModelConfig.Backbone.vit;
    ModelConfig model =
        vit
            ? ModelConfigBuilder.builder(NETWORK)
                .backbone(backbone)
                .layers(List.of(2))
                .widths(List.of(16))
                .heads(2)
                .patch(8)
                .build()
            : NETWORK;
    Map<String, Double> factor = new TreeMap<>();
    String[] words = factors.split(" ");
    for (int i = 0; i < words.length; i += 2) {
      factor.put(words[i], Double.parseDouble(words[i + 1]));
    }
    long seed = new Random().nextInt();
    Random random = new Random(seed);
    OptimizerConfig config = OptimizerConfigBuilder.builder(config(rule)).layerDecay(0.75).build();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder encoder = Encoder.create(model, manager, 1, Precision.fp32);
        Optimizer optimizer = of(config, encoder, manager)) {
      Map<String, Expected> expected = new TreeMap<>();
      encoder.parameters().weights().forEach((name, w) -> expected.put(name, new Expected(w)));
      for (int step = 0; step < 3; step++) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          encoder
              .parameters()
              .weights()
              .forEach(
                  (name, w) -> {
                    float[] g = new float[(int) w.size()];
                    Arrays.fill(g, random.nextFloat() - 0.5f);
                    setGradient(w, g);
                    double rate = 0.1 * factor.get(encoder.parameters().part(name));
                    expected.get(name).move(rule, rate, g[0]);
                  });
          optimizer.step(0.1, 1);
          optimizer.zeroGradients();
        }
      }
      assertThat(encoder.parameters().parts()).containsExactlyInAnyOrderElementsOf(factor.keySet());
      encoder
          .parameters()
          .weights()
          .forEach(
              (name, w) ->
                  assertThat((double) w.toFloatArray()[0])
                      .as("seed %d: %s", seed, name)
                      .isCloseTo(expected.get(name).value, within(2e-6)));
    }
  }

  /** The first value of a weight under {@link #config}. */
  private static final class Expected {
    private double value;
    private double first;
    private double second;
    private int steps;

    Expected(NDArray weight) {
      value = weight.toFloatArray()[0];
    }

    void move(String rule, double rate, double gradient) {
      steps++;
      if (rule.equals("sgd")) {
        first = 0.9 * first + gradient + 0.01 * value;
        value -= rate * first;
        return;
      }
      first = 0.8 * first + 0.2 * gradient;
      second = 0.95 * second + 0.05 * gradient * gradient;
      double mean = first / (1 - Math.pow(0.8, steps));
      double square = second / (1 - Math.pow(0.95, steps));
      value -= rate * 0.05 * value;
      value -= rate * mean / (Math.sqrt(square) + 1e-6);
    }
  }

  /** Moments of zero are corrected for the updates that they have seen, as in a fresh optimiser. */
  @Test
  void weightsThatWereFrozenBeginAsInAFreshOptimizer() throws IOException {
    Autograd.off();
    OptimizerConfig config =
        OptimizerConfigBuilder.builder(config("adamw")).weightDecay(0.0).build();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder encoder = Encoder.create(NETWORK, manager, 1, Precision.fp32)) {
      encoder.parameters().freeze("stem"::equals);
      Optimizer optimizer = of(config, encoder, manager);
      for (int i = 0; i < 4; i++) {
        assertThat(step(encoder, optimizer, 1)).doesNotContainKey("stem").hasSize(3);
      }
      encoder.parameters().freeze(part -> false);
      Map<String, Double> moved = step(encoder, optimizer, 3);
      assertThat(moved.get("stem")).isCloseTo(0.1, within(1e-5));
      assertThat(moved.get("layer1")).isBetween(0.09, 0.099);

      Path saved = new Checkpoints(folder, 1).write(5, optimizer::save);
      Map<String, Double> next = step(encoder, optimizer, 1);
      optimizer.close();
      encoder.parameters().freeze("stem"::equals);
      optimizer = of(config, encoder, manager);
      optimizer.load(CheckpointReader.open(saved));
      encoder.parameters().freeze(part -> false);
      Map<String, Double> again = step(encoder, optimizer, 1);
      again.forEach((part, by) -> assertThat(by).isCloseTo(next.get(part), within(1e-6)));
      optimizer.close();
    }
  }

  private static final ModelConfig NETWORK =
      ModelConfigBuilder.builder()
          .backbone(ModelConfig.Backbone.iresnet)
          .input(List.of(1, 32, 32))
          .layers(List.of(1, 1))
          .widths(List.of(4, 8))
          .embedding(16)
          .build();

  private static Optimizer of(OptimizerConfig config, Encoder encoder, NDManager manager) {
    encoder.parameters().requireGradients();
    return Optimizer.of(config, encoder.parameters(), manager);
  }

  /** Steps along gradients that are all one number; how far each part went down, if it moved. */
  private static Map<String, Double> step(Encoder encoder, Optimizer optimizer, float gradient) {
    Map<String, Double> moved = new TreeMap<>();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Map<String, Float> before = new TreeMap<>();
      Parameters parameters = encoder.parameters();
      parameters
          .weights()
          .forEach(
              (name, w) -> {
                before.put(name, w.toFloatArray()[0]);
                if (!parameters.isFrozen(name)) {
                  float[] g = new float[(int) w.size()];
                  Arrays.fill(g, gradient);
                  setGradient(w, g);
                }
              });
      optimizer.step(0.1, 1);
      optimizer.zeroGradients();
      parameters
          .weights()
          .forEach(
              (name, w) -> {
                double by = before.get(name) - (double) w.toFloatArray()[0];
                if (by != 0) {
                  moved.merge(parameters.part(name), by, Math::max);
                }
              });
    }
    return moved;
  }

  private double[] run(String rule, boolean interrupted) throws IOException {
    Autograd.off();
    double[] values = new double[18];
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1)) {
      NDArray weight = weight(parameters, manager);
      Optimizer optimizer = Optimizer.of(config(rule), parameters, manager);
      for (int step = 0; step < 6; step++) {
        if (interrupted && step == 3) {
          Optimizer before = optimizer;
          Path saved = new Checkpoints(folder, 1).write(step, before::save);
          before.close();
          optimizer = Optimizer.of(config(rule), parameters, manager);
          optimizer.load(CheckpointReader.open(saved));
        }
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          float[] g = new float[3];
          for (int i = 0; i < 3; i++) {
            g[i] = (float) Math.sin(step + i);
          }
          setGradient(weight, g);
          optimizer.step(step < 3 ? 0.1 : 0.01, 1);
          optimizer.zeroGradients();
        }
        float[] now = weight.toFloatArray();
        for (int i = 0; i < 3; i++) {
          values[step * 3 + i] = now[i];
        }
      }
      optimizer.close();
    }
    return values;
  }

  private static NDArray weight(Parameters parameters, NDManager manager) {
    NDArray weight = parameters.constant("w", new Shape(3), 0);
    parameters.set("w", manager.create(new float[] {0.5f, -1, 2}));
    parameters.requireGradients();
    return weight;
  }

  /** d sum(w g) / d w = g, added to the gradient that is there. */
  private static void setGradient(NDArray weight, float[] gradient) {
    NDArray g = weight.getManager().create(gradient, weight.getShape());
    NDArray product = Autograd.record(() -> weight.mul(g));
    Autograd.backward(product, product.onesLike());
  }

  private static OptimizerConfig config(String rule) {
    return rule.equals("adamw")
        ? OptimizerConfigBuilder.builder()
            .type(OptimizerConfig.Type.adamw)
            .learningRate(0.1)
            .weightDecay(0.05)
            .betas(List.of(0.8, 0.95))
            .epsilon(1e-6)
            .build()
        : OptimizerConfigBuilder.builder()
            .type(OptimizerConfig.Type.sgd)
            .learningRate(0.1)
            .momentum(rule.equals("sgd-plain") ? 0.0 : 0.9)
            .nesterov(rule.equals("sgd-nesterov"))
            .weightDecay(0.01)
            .build();
  }

  private static double[] golden(String rule) throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                OptimizerConfigTest.class.getResourceAsStream("optimizer-golden.tsv"),
                StandardCharsets.UTF_8))) {
      String line = in.lines().filter(l -> l.startsWith(rule + "\t")).findFirst().orElseThrow();
      return Arrays.stream(line.split("\t")[1].split(" "))
          .mapToDouble(Double::parseDouble)
          .toArray();
    }
  }
}
