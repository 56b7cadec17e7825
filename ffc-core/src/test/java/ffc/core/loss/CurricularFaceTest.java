package ffc.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CurricularFace against the formulas of its paper in double precision. */
class CurricularFaceTest extends MarginTests {
  // B samples, E embedding, K columns

  private static final double M = 0.5;

  private static final CurricularFace MARGIN = new CurricularFace(M, 0.3);

  @TempDir Path folder;

  private MarginRule.Samples samples(int count) {
    return new MarginRule.Samples(manager.ones(new Shape(count)), new long[count], 0);
  }

  private Margin at(double t, int count) {
    return MARGIN.of(samples(count), new double[] {t});
  }

  @Test
  void negativesAboveTheShiftedTargetFollowThePaperOverAllAngles() {
    int n = 721;
    for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
      double rounding = type == DataType.FLOAT32 ? 1e-6 : 1e-14;
      for (double t : new double[] {-0.2, 0, 0.3, 0.9}) {
        for (double own : new double[] {0.2, 1.1, 2, 3}) {
          double[] cosines = new double[n];
          for (int i = 0; i < n; i++) {
            cosines[i] = Math.cos(Math.PI * (i + 0.5) / n);
          }
          NDArray cosBK = manager.create(cosines, new Shape(1, n)).toType(type, true);
          NDArray targetB = manager.create(new double[] {Math.cos(own)}).toType(type, true);
          Margin margin = at(t, 1);
          NDArray slopeBK = margin.negatives(cosBK, targetB);
          double[] values = cosBK.toType(DataType.FLOAT64, false).toDoubleArray();
          double[] slopes = slopeBK.toType(DataType.FLOAT64, false).toDoubleArray();
          assertThat(slopeBK.getDataType()).isEqualTo(type);
          for (int i = 0; i < n; i++) {
            double c = cosines[i];
            boolean hard = c > Math.cos(own + M);
            String as = "%s, t %s, own angle %s, cosine %s".formatted(type, t, own, c);
            assertThat(values[i]).as(as).isCloseTo(hard ? c * (t + c) : c, within(rounding));
            assertThat(slopes[i]).as(as).isCloseTo(hard ? t + 2 * c : 1, within(2 * rounding));
            assertThat(values[i]).as(as).isLessThanOrEqualTo(margin.largestNegative());
          }
        }
      }
    }
    assertThat(at(0, 1).changesNegatives()).isTrue();
  }

  @Test
  void targetsAreThoseOfArcFace() {
    NDArray cosB = manager.linspace(-1, 1, 101).toType(DataType.FLOAT64, false);
    Margin.Target wanted = new ArcFace(M, true).target(cosB);
    Margin.Target got = at(0.4, 101).target(cosB);
    assertThat(got.valueB().toDoubleArray()).isEqualTo(wanted.valueB().toDoubleArray());
    assertThat(got.slopeB().toDoubleArray()).isEqualTo(wanted.slopeB().toDoubleArray());
  }

  @Test
  void gradientsOfEmbeddingsAndRowsAreThoseOfTheValueAtAConstantT() {
    int b = 5;
    int e = 4; // few, so that there are hard negatives
    int k = 9;
    for (long seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      double[] embeddings = unitRows(random, b, e);
      double[] rows = unitRows(random, k, e);
      NDArray targets = manager.create(random.longs(b, 0, k).toArray());
      MarginHead head = new MarginHead(at(0.35, b), 8);
      MarginHead.Part part = head.softmax(array(embeddings, b), array(rows, k), targets, 3, true);
      assertGradient(
          part.embeddingGradient(),
          embeddings,
          v ->
              HostReads.number(
                  head.softmax(array(v, b), array(rows, k), targets, 3, false).value()),
          "embeddings, seed " + seed);
      assertGradient(
          part.weightGradient(),
          rows,
          v ->
              HostReads.number(
                  head.softmax(array(embeddings, b), array(v, k), targets, 3, false).value()),
          "rows, seed " + seed);
    }
  }

  @Test
  void theCurriculumFollowsTheMeanCosineOfAllTrainersSamples() throws Exception {
    double[][] steps = new double[5][];
    Random random = new Random(3);
    double wanted = 0;
    for (int i = 0; i < steps.length; i++) {
      steps[i] = random.doubles(60, -0.3, 1).toArray();
      double mean = 0;
      for (double cosine : steps[i]) {
        mean += cosine / steps[i].length;
      }
      wanted = 0.3 * mean + 0.7 * wanted;
    }
    for (int trainers : new int[] {1, 2, 3}) {
      List<Map<String, Double>> all =
          trainers == 1
              ? List.of(figures(new LocalExchange(), steps))
              : ThreadExchange.together(trainers, true, exchange -> figures(exchange, steps));
      assertThat(all).containsOnly(all.get(0));
      assertThat(all.get(0)).containsOnlyKeys("margin_t");
      assertThat(all.get(0).get("margin_t")).isCloseTo(wanted, within(1e-14));
    }
  }

  private Map<String, Double> figures(GroupExchange exchange, double[][] steps) {
    Autograd.off();
    MarginState state = new MarginState(MARGIN, exchange, () -> 0);
    for (double[] cosines : steps) {
      int part = cosines.length / exchange.trainers();
      int from = part * exchange.rank();
      state.begin();
      state.at(samples(cosines.length), from, from + part).target(manager.create(cosines));
      state.exchange();
      state.commit();
    }
    return state.figures();
  }

  @Test
  void theCurriculumComesBackFromACheckpoint() throws IOException {
    MarginState state = new MarginState(MARGIN, new LocalExchange(), () -> 0);
    state.begin();
    state.at(samples(3)).target(manager.create(new double[] {0.1, 0.2, 0.7}));
    state.commit();
    Path written = new Checkpoints(folder, 1).write(1, state::save);
    MarginState read = new MarginState(MARGIN, new LocalExchange(), () -> 0);
    read.load(CheckpointReader.open(written));
    assertThat(read.figures()).isEqualTo(state.figures());
    assertThat(read.figures().get("margin_t")).isCloseTo(0.1, within(1e-15));
  }
}
