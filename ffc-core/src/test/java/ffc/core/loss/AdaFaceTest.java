package ffc.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.Checkpoints;
import ffc.engine.Autograd;
import ffc.engine.HostReads;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.exchange.ThreadExchange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AdaFace and the numbers it remembers, against formulas in double precision. */
class AdaFaceTest extends MarginTests {
  // B samples, E embedding, K columns

  private static final AdaFace MARGIN = new AdaFace(0.4, 0.333, 0.3);

  @TempDir Path folder;

  private static MarginState state(MarginRule rule) {
    return new MarginState(rule, new LocalExchange(), () -> 0);
  }

  private MarginRule.Samples samples(double... norms) {
    return new MarginRule.Samples(manager.create(norms), new long[norms.length], 0);
  }

  private NDArray cosines(int count) {
    return manager.zeros(new Shape(count), DataType.FLOAT64);
  }

  /** A step of one trainer. */
  private void step(MarginState state, double... norms) {
    state.begin();
    state.at(samples(norms)).target(cosines(norms.length));
    state.exchange();
    state.commit();
  }

  /** The paper's margin of one sample, written with angles. */
  private static double value(double angle, double norm, double mean, double std) {
    double z = 0.333 * (Math.min(100, Math.max(0.001, norm)) - mean) / (std + 1e-3);
    z = Math.min(1, Math.max(-1, z));
    double at = Math.min(Math.PI - 1e-3, Math.max(1e-3, angle + -0.4 * z));
    return Math.cos(at) - (0.4 + 0.4 * z);
  }

  private double value(double cosine, double norm) {
    Margin margin = MARGIN.of(samples(norm), new double[] {9, 0.1});
    return margin.target(manager.create(new double[] {cosine})).valueB().toDoubleArray()[0];
  }

  @Test
  void valuesAndSlopesFollowThePaperOverAllAnglesAndNorms() {
    double mean = 9;
    double std = 2;
    double clamp = Math.acos(1 - 1e-3);
    for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
      double rounding = type == DataType.FLOAT32 ? 2e-6 : 1e-12;
      for (double norm : new double[] {0, 1e-4, 1, 5, 8.5, 9, 11.3, 15.1, 99, 1000}) {
        double[] angles = new double[721];
        for (int i = 0; i < angles.length; i++) {
          angles[i] = Math.PI * (i + 0.5) / angles.length;
        }
        NDArray cosB =
            manager.create(Arrays.stream(angles).map(Math::cos).toArray()).toType(type, true);
        double[] norms = new double[angles.length];
        Arrays.fill(norms, norm);
        NDArray normB = manager.create(norms).toType(type, true);
        Margin.Target target =
            MARGIN
                .of(
                    new MarginRule.Samples(normB, new long[angles.length], 0),
                    new double[] {mean, std})
                .target(cosB);
        double[] values = target.valueB().toType(DataType.FLOAT64, false).toDoubleArray();
        double[] slopes = target.slopeB().toType(DataType.FLOAT64, false).toDoubleArray();
        assertThat(target.valueB().getDataType()).isEqualTo(type);
        for (int i = 0; i < angles.length; i++) {
          String at = type + ", norm " + norm + ", " + Math.toDegrees(angles[i]) + " degrees";
          double angle = Math.min(Math.PI - clamp, Math.max(clamp, angles[i]));
          double wide = rounding * (1 + 1 / Math.sin(angle));
          assertThat(values[i]).as(at).isCloseTo(value(angle, norm, mean, std), within(wide));
          // Central difference by the cosine; near a bound its ends lie on either side.
          double h = 1e-6;
          double up = value(angle - h / Math.sin(angle), norm, mean, std);
          double down = value(angle + h / Math.sin(angle), norm, mean, std);
          double slope = angle == angles[i] ? (up - down) / (2 * h) : 0;
          boolean atBound = Math.abs(slope - slopes[i]) > 0.4 * Math.abs(slope) && slopes[i] == 0;
          if (!atBound || angle != angles[i]) {
            assertThat(slopes[i]).as("slope, " + at).isCloseTo(slope, within(3e-4 * (1 + slope)));
          }
        }
      }
    }
  }

  @Test
  void theBestImageGetsTheLargestMarginAndTheWorstLosesItsAngle() {
    double[] right = {Math.cos(1.2)};
    double good = value(right[0], 1000);
    double usual = value(right[0], 9);
    double bad = value(right[0], 0);
    assertThat(good).isCloseTo(Math.cos(1.2 - 0.4) - 0.8, within(1e-12));
    assertThat(usual).isCloseTo(Math.cos(1.2) - 0.4, within(1e-12));
    assertThat(bad).isCloseTo(Math.cos(1.2 + 0.4), within(1e-12));
  }

  @Test
  void theGradientIsThatOfTheValueAtConstantNorms() {
    int b = 5;
    int e = 7;
    int k = 9;
    for (long seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      double[] embeddings = unitRows(random, b, e);
      NDArray weights = array(unitRows(random, k, e), k);
      NDArray targets = manager.create(random.longs(b, 0, k).toArray());
      MarginState state = state(MARGIN);
      step(state, random.doubles(64, 1, 12).toArray());
      MarginRule.Samples samples = samples(random.doubles(b, 1, 12).toArray());
      MarginHead head = new MarginHead(state, 8).at(samples);
      assertGradient(
          head.softmax(array(embeddings, b), weights, targets, 3, false).embeddingGradient(),
          embeddings,
          v -> HostReads.number(head.softmax(array(v, b), weights, targets, 3, false).value()),
          "seed " + seed);
    }
  }

  /** Mean and deviation by two walks over the clipped norms. */
  private static double[] naive(double[] before, double[] norms) {
    double[] clipped = Arrays.stream(norms).map(n -> Math.min(100, Math.max(0.001, n))).toArray();
    double mean = Arrays.stream(clipped).average().orElseThrow();
    double squares = Arrays.stream(clipped).map(n -> Math.pow(n - mean, 2)).sum();
    double std = Math.sqrt(squares / (norms.length - 1));
    return new double[] {0.3 * mean + 0.7 * before[0], 0.3 * std + 0.7 * before[1]};
  }

  private static void assertNumbers(MarginState state, double[] wanted) {
    List<Double> got = List.copyOf(state.figures().values());
    assertThat(state.figures()).containsOnlyKeys("margin_norm_mean", "margin_norm_std");
    for (int i = 0; i < 2; i++) {
      assertThat(got.get(i)).isCloseTo(wanted[i], within(1e-12 * wanted[i]));
    }
  }

  @Test
  void statisticsFollowTheNormsOfTheSteps() {
    MarginState state = state(MARGIN);
    double[] wanted = {20, 100};
    assertNumbers(state, wanted);
    Random random = new Random(7);
    for (int i = 0; i < 20; i++) {
      double[] norms = random.doubles(96, -1, 130).toArray(); // beyond both bounds
      step(state, norms);
      wanted = naive(wanted, norms);
      assertNumbers(state, wanted);
    }
  }

  @Test
  void oneNormHasNoDeviationAndNoSampleNoMean() {
    MarginState state = state(MARGIN);
    step(state, 10);
    assertNumbers(state, new double[] {0.3 * 10 + 0.7 * 20, 100});
    Map<String, Double> before = state.figures();
    state.begin();
    state.exchange();
    state.commit();
    assertThat(state.figures()).isEqualTo(before);
  }

  /** Margins of a step go by what it found, whatever came before in the same step. */
  @Test
  void aStepMovesTheNumbersWhenItIsMadeAndEachSampleOnce() {
    MarginState state = state(MARGIN);
    Margin first = state.at(samples(3, 4, 5));
    NDArray cosB = manager.create(new double[] {0.1, 0.2, 0.3});
    double[] one = first.target(cosB).valueB().toDoubleArray();
    assertThat(first.target(cosB).valueB().toDoubleArray()).isEqualTo(one); // a second head
    assertThat(state.at(samples(3, 4, 5)).target(cosB).valueB().toDoubleArray()).isEqualTo(one);
    assertNumbers(state, new double[] {20, 100});
    state.begin(); // all of it was dropped
    state.at(samples(3, 4, 5)).target(cosB);
    state.at(samples(6, 7)).target(cosines(2)); // another slice or side
    state.exchange();
    state.commit();
    assertNumbers(state, naive(new double[] {20, 100}, new double[] {3, 4, 5, 6, 7}));
  }

  @Test
  void trainersHaveTheStatisticsOfTheGlobalBatchBitByBit() throws Exception {
    Random random = new Random(3);
    double[][] steps = new double[6][];
    MarginState alone = state(MARGIN);
    for (int i = 0; i < steps.length; i++) {
      steps[i] = random.doubles(64, 0.5, 30).toArray();
      step(alone, steps[i]);
    }
    double[] wanted = alone.figures().values().stream().mapToDouble(v -> v).toArray();
    for (int trainers : new int[] {2, 3}) {
      List<Map<String, Long>> bits =
          ThreadExchange.together(trainers, true, exchange -> part(exchange, steps, wanted));
      assertThat(bits).containsOnly(bits.get(0));
      assertThat(bits.get(0)).hasSize(2);
    }
  }

  /** A trainer's part of each step; of three trainers one has no samples in every other step. */
  private Map<String, Long> part(GroupExchange exchange, double[][] steps, double[] wanted) {
    Autograd.off();
    MarginState state = new MarginState(MARGIN, exchange, () -> 0);
    for (int i = 0; i < steps.length; i++) {
      int parts = exchange.trainers() == 3 && i % 2 == 1 ? 2 : exchange.trainers();
      int from = Math.min(64, 64 * exchange.rank() / parts);
      int to = Math.min(64, 64 * (exchange.rank() + 1) / parts);
      state.begin();
      if (to > from) {
        // As where classes are dealt out: all samples are scored here, those of the own part count.
        state.at(samples(steps[i]), from, to).target(cosines(64));
      }
      state.exchange();
      state.commit();
    }
    assertNumbers(state, wanted);
    return state.hashes();
  }

  @Test
  void theNumbersComeBackFromACheckpointBitByBit() throws IOException {
    MarginState state = state(MARGIN);
    step(state, new Random(5).doubles(31, 1, 20).toArray());
    Path written = new Checkpoints(folder, 1).write(1, state::save);
    MarginState read = state(MARGIN);
    read.load(CheckpointReader.open(written));
    assertThat(read.hashes()).isEqualTo(state.hashes()).isNotEqualTo(state(MARGIN).hashes());
  }

  @Test
  void numbersOfAnotherMarginAreRefusedInOneLine() throws IOException {
    Path other = written(out -> out.properties("margin", Map.of("t", "0.5")));
    assertThatThrownBy(() -> state(MARGIN).load(CheckpointReader.open(other)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            "margin.properties: has t, expected norm_mean, norm_std; the checkpoint was written"
                + " with another margin");
    Map<String, String> bad = new LinkedHashMap<>();
    bad.put("norm_mean", "1.0");
    bad.put("norm_std", "NaN");
    Path damaged = written(out -> out.properties("margin", bad));
    assertThatThrownBy(() -> state(MARGIN).load(CheckpointReader.open(damaged)))
        .hasMessageEndingWith("margin.properties: norm_std is NaN, expected a number");
    Path none = written(out -> {});
    assertThatThrownBy(() -> state(MARGIN).load(CheckpointReader.open(none)))
        .hasMessageContaining("has no file margin.properties");
    state(new CosFace(0.4)).load(CheckpointReader.open(none)); // asks for none
  }

  private Path written(Checkpoints.Content content) throws IOException {
    return new Checkpoints(folder, 1).write(1, content);
  }

  @Test
  void aMarginOfCosinesAloneIsItselfAndExchangesNothing() {
    CosFace plain = new CosFace(0.4);
    MarginState state = new MarginState(plain, null, () -> 0); // nobody to ask
    state.begin();
    assertThat(state.at(null)).isSameAs(plain);
    state.exchange();
    state.commit();
    assertThat(state.seesSamples()).isFalse();
    assertThat(state.figures()).isEmpty();
    assertThat(state.hashes()).isEmpty();
  }

  @Test
  void aLossThatGivesCosinesAloneRefusesIt() {
    assertThatThrownBy(() -> MarginHead.of(AdaFaceConfigBuilder.builder().build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("depends on more than cosines");
  }
}
