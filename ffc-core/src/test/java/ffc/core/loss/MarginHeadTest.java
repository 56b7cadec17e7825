package ffc.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.engine.HostReads;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of the head against central differences of its own value, in double precision. */
class MarginHeadTest extends MarginTests {
  private static final int B = 5;

  private static final int E = 7;

  private static final int K = 9;

  static Stream<Margin> margins() {
    return Stream.of(
        new CosFace(0.4),
        new CosFace(0),
        new ArcFace(0.5, true),
        new ArcFace(0.5, false),
        new Combined(1, 0.3, 0.2),
        new Combined(1.35, 0.5, 0.1),
        new Sv(0.4, 1.2));
  }

  @ParameterizedTest
  @MethodSource("margins")
  void gradientsAreThoseOfTheValue(Margin margin) {
    for (long seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      double[] embeddings = unitRows(random, B, E);
      double[] weights = unitRows(random, K, E);
      long[] targets = random.longs(B, 0, K).toArray();
      MarginHead head = new MarginHead(margin, 8);
      MarginHead.Part part =
          head.softmax(array(embeddings, B), array(weights, K), manager.create(targets), 3, true);
      assertGradient(
          part.embeddingGradient(),
          embeddings,
          v -> softmax(head, v, weights, targets),
          margin + " embeddings, seed " + seed);
      assertGradient(
          part.weightGradient(),
          weights,
          v -> softmax(head, embeddings, v, targets),
          margin + " weights, seed " + seed);
    }
  }

  private double softmax(MarginHead head, double[] embeddings, double[] weights, long[] targets) {
    return HostReads.number(
        head.softmax(array(embeddings, B), array(weights, K), manager.create(targets), 3, false)
            .value());
  }

  @ParameterizedTest
  @MethodSource("margins")
  void targetsOfTheirOwnTakeThePlaceOfTheirRows(Margin margin) {
    for (long seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      double[] embeddings = unitRows(random, B, E);
      double[] weights = unitRows(random, K, E);
      double[] own = unitRows(random, 2, E);
      long[] targets = random.longs(B, 0, K).toArray();
      MarginHead head = new MarginHead(margin, 8);
      MarginHead.Part part = withOwn(head, embeddings, weights, own, targets);
      String what = margin + ", seed " + seed;
      assertGradient(
          part.embeddingGradient(),
          embeddings,
          v -> HostReads.number(withOwn(head, v, weights, own, targets).value()),
          what + ", embeddings");
      assertGradient(
          part.weightGradient(),
          weights,
          v -> HostReads.number(withOwn(head, embeddings, v, own, targets).value()),
          what + ", weights");
      // Where the own feature is the row, value and embeddings' gradient are the plain ones.
      double[] rows = new double[2 * E];
      System.arraycopy(weights, (int) targets[3] * E, rows, 0, E);
      System.arraycopy(weights, (int) targets[1] * E, rows, E, E);
      MarginHead.Part same = withOwn(head, embeddings, weights, rows, targets);
      MarginHead.Part plain =
          head.softmax(array(embeddings, B), array(weights, K), manager.create(targets), 3, true);
      assertThat(HostReads.number(same.value()))
          .as(what)
          .isCloseTo(HostReads.number(plain.value()), within(1e-12));
      assertThat(same.embeddingGradient().toDoubleArray())
          .as(what)
          .containsExactly(plain.embeddingGradient().toDoubleArray(), within(1e-12));
    }
  }

  /** Samples 3 and 1 have the given features for targets. */
  private MarginHead.Part withOwn(
      MarginHead head, double[] embeddings, double[] weights, double[] own, long[] targets) {
    return head.softmax(
        array(embeddings, B),
        array(weights, K),
        manager.create(targets),
        new MarginHead.OwnTargets(manager.create(new long[] {3, 1}), array(own, 2)),
        null,
        3,
        true);
  }

  @Test
  void freshGradientIsThatOfTheValue() {
    for (long seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      double[] embeddings = unitRows(random, B, E);
      double[] weights = unitRows(random, K, E);
      MarginHead.Part part = MarginHead.fresh(array(embeddings, B), array(weights, K), 3, B);
      assertGradient(
          part.embeddingGradient(),
          embeddings,
          v -> HostReads.number(MarginHead.fresh(array(v, B), array(weights, K), 3, B).value()),
          "seed " + seed);
    }
  }

  @Test
  void singlePrecisionOfManyColumnsGivesWhatDoubleGives() {
    int columns = 30_001;
    for (long seed = 1; seed <= 2; seed++) {
      Random random = new Random(seed);
      NDArray embeddings = array(unitRows(random, B, E), B);
      NDArray weights = array(unitRows(random, columns, E), columns);
      NDArray targets = manager.create(new long[] {0, columns - 1, columns / 2, 16_384, 5});
      MarginHead head = new MarginHead(new CosFace(0.4), 32);
      assertSame(
          head.softmax(single(embeddings), single(weights), targets, B, false),
          head.softmax(embeddings, weights, targets, B, false),
          seed);
      assertSame(
          MarginHead.fresh(single(embeddings), single(weights), 3, B),
          MarginHead.fresh(embeddings, weights, 3, B),
          seed);
    }
  }

  private static NDArray single(NDArray values) {
    return values.toType(DataType.FLOAT32, true);
  }

  private static void assertSame(MarginHead.Part single, MarginHead.Part exact, long seed) {
    assertThat(HostReads.number(single.value()))
        .as("value, seed %d", seed)
        .isCloseTo(HostReads.number(exact.value()), withinPercentage(1e-4));
    float[] gradient = single.embeddingGradient().toFloatArray();
    double[] wanted = exact.embeddingGradient().toDoubleArray();
    double largest = Arrays.stream(wanted).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < wanted.length; i++) {
      assertThat((double) gradient[i])
          .as("gradient %d, seed %d", i, seed)
          .isCloseTo(wanted[i], within(1e-5 * largest));
    }
  }

  @Test
  void gradientPassesThroughTheNormalisation() {
    Random random = new Random(3);
    double[] raw = random.doubles((long) B * E, -2, 2).toArray();
    double[] direction = random.doubles((long) B * E, -1, 1).toArray();
    NDArray g = array(direction, B);
    NDArray v = array(raw, B);
    NDArray norm = MarginHead.norm(v);
    NDArray gradient = MarginHead.throughNormalisation(g, v.div(norm), norm);
    assertGradient(
        gradient,
        raw,
        w -> HostReads.number(MarginHead.normalise(array(w, B)).mul(g).sum()),
        "normalisation");
  }

  @ParameterizedTest
  @MethodSource("margins")
  void valueAndGradientStayFiniteAtTheEdges(Margin margin) {
    // A sample on its class centre, one opposite to it, one at a right angle.
    float[] embeddings = {1, 0, -1, 0, 0, 1};
    float[] weights = {1, 0, 0, 1, -1, 0};
    MarginHead.Part part =
        new MarginHead(margin, 64)
            .softmax(
                manager.create(embeddings, new Shape(3, 2)),
                manager.create(weights, new Shape(3, 2)),
                manager.create(new long[] {0, 0, 0}),
                3,
                true);
    assertThat(part.value().toFloatArray()).as(margin.toString()).matches(MarginHeadTest::finite);
    assertThat(part.embeddingGradient().toFloatArray()).matches(MarginHeadTest::finite);
    assertThat(part.weightGradient().toFloatArray()).matches(MarginHeadTest::finite);
  }

  @Test
  void ignoredColumnsAreNoNegatives() {
    Random random = new Random(4);
    double[] embeddings = unitRows(random, 1, E);
    double[] weights = unitRows(random, K, E);
    boolean[] ignored = new boolean[K];
    for (int k = 1; k < K - 1; k++) {
      ignored[k] = true;
    }
    MarginHead head = new MarginHead(new CosFace(0.4), 8);
    NDArray e = array(embeddings, 1);
    NDArray target = manager.create(new long[] {0});
    double value =
        HostReads.number(
            head.softmax(
                    e,
                    array(weights, K),
                    target,
                    manager.create(ignored, new Shape(1, K)),
                    1,
                    false)
                .value());
    double own = 8 * (dot(embeddings, weights, 0) - 0.4);
    double other = 8 * dot(embeddings, weights, K - 1);
    assertThat(value).isCloseTo(Math.log1p(Math.exp(other - own)), within(1e-9));
  }

  private static double dot(double[] e, double[] weights, int row) {
    double sum = 0;
    for (int i = 0; i < E; i++) {
      sum += e[i] * weights[row * E + i];
    }
    return sum;
  }

  private static boolean finite(float[] values) {
    for (float v : values) {
      if (!Float.isFinite(v)) {
        return false;
      }
    }
    return true;
  }
}
