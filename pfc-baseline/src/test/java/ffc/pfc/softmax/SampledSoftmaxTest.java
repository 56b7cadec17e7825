package ffc.pfc.softmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.core.loss.ArcFace;
import ffc.core.loss.Combined;
import ffc.core.loss.CosFace;
import ffc.core.loss.Margin;
import ffc.core.loss.Sv;
import ffc.engine.Autograd;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.ClassRange;
import ffc.pfc.classes.ClassSampler;
import ffc.pfc.classes.RowRule;
import ffc.pfc.classes.RowWorkers;
import ffc.pfc.classes.SampledClasses;
import ffc.pfc.classes.TableMemory;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Value and gradients against {@link NaiveSoftmax}. */
public class SampledSoftmaxTest {
  private static final int B = 6;

  private static final int E = 5;

  static final double SCALE = 8;

  private NDManager manager;

  private TableMemory memory;

  private RowWorkers workers;

  static Stream<Margin> margins() {
    return Stream.of(
        new CosFace(0.4),
        new CosFace(0),
        new ArcFace(0.5, true),
        new Combined(1.1, 0.3, 0.2),
        new Sv(0.2, 1.2));
  }

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    memory = new TableMemory.Native();
    workers = new RowWorkers(2);
    Autograd.off();
  }

  @AfterEach
  void close() {
    workers.close();
    memory.close();
    manager.close();
  }

  private ClassCenters centers(int classes) {
    return new ClassCenters(
        ClassRange.all(classes), E, 3, new RowRule.SgdRows(0.9f, false, 0), false, memory, workers);
  }

  private ClassSampler sampler(long classes, double rate, long seed) {
    return new ClassSampler(classes, rate, seed, ClassRange.all(classes), workers);
  }

  @ParameterizedTest
  @MethodSource("margins")
  void agreesWithTheNaiveReference(Margin margin) {
    // Two blocks and a bit; the targets lie in different ones.
    int classes = 2 * ClassCenters.BLOCK + 100;
    check(margin, null, classes, 1);
    check(margin, null, 40, 0.5);
  }

  @Test
  void aSampleWhoseClassWasNotDrawnIsAnError() {
    ClassCenters centers = centers(40);
    SampledClasses sampled = SampledClasses.of(new long[] {3, 5});
    centers.prepare(sampled);
    try (SampledSoftmax softmax =
        new SampledSoftmax(new CosFace(0.4), SCALE, null, Shards.ALONE, manager, workers)) {
      Samples samples = new Samples(manager.ones(new Shape(2, E)), new long[] {3, 4});
      assertThatThrownBy(
              () -> softmax.score(samples, centers, sampled, 2, softmax.new RowGradients()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("class 4 has samples, but was not drawn");
    }
  }

  @Test
  void negativesAboveTheThresholdAreIgnored() {
    check(new CosFace(0.4), 0.3, 300, 1);
    check(new Sv(0.2, 1.2), 0.3, 300, 1);
  }

  private void check(Margin margin, Double threshold, int classes, double rate) {
    for (long seed = 1; seed <= 3; seed++) {
      Random random = new Random(seed);
      ClassCenters centers = centers(classes);
      double[][] e = new double[B][];
      long[] ids = new long[B];
      for (int b = 0; b < B; b++) {
        e[b] = NaiveSoftmax.unit(random, E);
        ids[b] = b == 1 ? ids[0] : random.nextInt(classes);
      }
      SampledClasses sampled = sampler(classes, rate, seed).sample(0, ids);
      centers.prepare(sampled);
      double[][] u = new double[sampled.count()][];
      for (int i = 0; i < u.length; i++) {
        u[i] = NaiveSoftmax.normalised(centers.row(sampled.at(i)));
      }
      float[] flat = new float[B * E];
      for (int i = 0; i < flat.length; i++) {
        flat[i] = (float) e[i / E][i % E];
        e[i / E][i % E] = flat[i];
      }
      NDArray unitBE = manager.create(flat, new Shape(B, E));
      SampledSoftmax softmax =
          new SampledSoftmax(margin, SCALE, threshold, Shards.ALONE, manager, workers);
      SampledSoftmax.RowGradients gradients = softmax.new RowGradients();
      SampledSoftmax.Result result =
          softmax.score(new Samples(unitBE, ids), centers, sampled, 7, gradients);
      int[] targets = new int[B];
      for (int b = 0; b < B; b++) {
        targets[b] = sampled.column(ids[b]);
      }
      String what = margin + ", " + classes + " classes, seed " + seed;
      assertThat(result.loss())
          .as(what)
          .isCloseTo(NaiveSoftmax.loss(margin, threshold, e, u, targets), within(2e-5));
      int compared = 0;
      float[] embeddingGradient = result.embeddingGradient().toFloatArray();
      for (int i = 0; i < B * E; i++) {
        double expected =
            NaiveSoftmax.difference(margin, threshold, e, u, targets, e[i / E], i % E);
        if (!Double.isNaN(expected)) {
          compared++;
          assertThat((double) embeddingGradient[i]).as(what).isCloseTo(expected, within(2e-5));
        }
      }
      for (int k = 0; k < 40; k++) {
        int column = k < B ? targets[k] : random.nextInt(u.length);
        int i = random.nextInt(E);
        double expected = NaiveSoftmax.difference(margin, threshold, e, u, targets, u[column], i);
        NDArray block = gradients.block(column / ClassCenters.BLOCK, 0);
        double got = block.getFloat(column % ClassCenters.BLOCK, i);
        if (!Double.isNaN(expected)) {
          compared++;
          assertThat(got).as(what + ", column " + column).isCloseTo(expected, within(2e-5));
        }
      }
      assertThat(compared).as(what).isGreaterThan(B * E / 2 + 20);
    }
  }

  @Test
  void exponentialsComputedAgainGiveTheSameGradientsAndLargeScalesStayFinite() {
    for (Margin margin : margins().toList()) {
      ClassCenters centers = centers(2 * ClassCenters.BLOCK + 7);
      SampledClasses sampled = SampledClasses.all(0, centers.range().size());
      centers.prepare(sampled);
      long[] ids = {1, ClassCenters.BLOCK, 2 * ClassCenters.BLOCK + 3};
      Random random = new Random(6);
      float[] flat = new float[ids.length * E];
      for (int b = 0; b < ids.length; b++) {
        double[] e = NaiveSoftmax.unit(random, E);
        for (int i = 0; i < E; i++) {
          flat[b * E + i] = (float) e[i];
        }
      }
      NDArray unitBE = manager.create(flat, new Shape(ids.length, E));
      SampledSoftmax first = new SampledSoftmax(margin, 120, null, Shards.ALONE, manager, workers);
      SampledSoftmax second =
          new SampledSoftmax(margin, 120, null, Shards.ALONE, manager, workers, 0);
      SampledSoftmax.RowGradients kept = first.new RowGradients();
      SampledSoftmax.RowGradients again = second.new RowGradients();
      SampledSoftmax.Result a = first.score(new Samples(unitBE, ids), centers, sampled, 3, kept);
      SampledSoftmax.Result b = second.score(new Samples(unitBE, ids), centers, sampled, 3, again);
      assertThat(a.loss()).isFinite().isEqualTo(b.loss());
      assertThat(b.embeddingGradient().toFloatArray())
          .isEqualTo(a.embeddingGradient().toFloatArray());
      for (int block = 0; block < 3; block++) {
        float[] gradient = kept.block(block, 0).toFloatArray();
        assertThat(again.block(block, 0).toFloatArray()).isEqualTo(gradient);
        for (float g : gradient) {
          assertThat(g).isFinite();
        }
      }
    }
  }

  @Test
  void noScaleLetsAllExponentialsVanish() {
    // Two classes on the far side of every sample: all logits are close to -s.
    for (double scale : new double[] {32, 64, 70, 71, 140, 500}) {
      for (Margin margin : margins().toList()) {
        ClassCenters centers = centers(2);
        centers.set(0, new float[] {-1, 0, 0, 0, 0});
        centers.set(1, new float[] {-1, 0.05f, 0, 0, 0});
        SampledClasses sampled = SampledClasses.all(0, 2);
        double[][] e = {
          NaiveSoftmax.normalised(new float[] {1, 0.2f, 0, 0, 0}),
          NaiveSoftmax.normalised(new float[] {0.6f, 0.8f, 0, 0, 0})
        };
        double[][] u = {
          NaiveSoftmax.normalised(centers.row(0)), NaiveSoftmax.normalised(centers.row(1))
        };
        float[] flat = new float[2 * E];
        for (int i = 0; i < flat.length; i++) {
          flat[i] = (float) e[i / E][i % E];
        }
        NDArray unitBE = manager.create(flat, new Shape(2, E));
        try (SampledSoftmax softmax =
            new SampledSoftmax(margin, scale, null, Shards.ALONE, manager, workers)) {
          SampledSoftmax.RowGradients gradients = softmax.new RowGradients();
          SampledSoftmax.Result result =
              softmax.score(new Samples(unitBE, new long[] {0, 1}), centers, sampled, 7, gradients);
          String what = margin + ", scale " + scale;
          double expected = NaiveSoftmax.loss(margin, null, e, u, new int[] {0, 1}, scale);
          assertThat(result.loss()).as(what).isCloseTo(expected, within(1e-5 * scale));
          for (float g : gradients.block(0, 0).concat(result.embeddingGradient()).toFloatArray()) {
            assertThat(g).as(what).isFinite();
          }
        }
      }
    }
  }

  /** Blocks of whole classes: with three centres 2,046 columns, not 2,048. */
  @Test
  void aClassIsAsCloseAsTheClosestOfItsCentres() {
    int k = 3;
    for (int classes : new int[] {9, 1500}) {
      Random random = new Random(classes);
      ClassCenters centers = centers(classes * k);
      SampledClasses sampled = SampledClasses.all(0, classes).centers(k);
      centers.prepare(sampled);
      double[][] u = new double[classes * k][];
      for (int row = 0; row < u.length; row++) {
        u[row] = NaiveSoftmax.normalised(centers.row(row));
      }
      float[] flat = new float[B * E];
      double[][] e = new double[B][];
      long[] ids = new long[B];
      for (int b = 0; b < B; b++) {
        e[b] = NaiveSoftmax.unit(random, E);
        ids[b] = b == 0 ? 682 % classes : random.nextInt(classes); // rows 2046 to 2048
        for (int i = 0; i < E; i++) {
          flat[b * E + i] = (float) e[b][i];
          e[b][i] = flat[b * E + i];
        }
      }
      SampledSoftmax softmax =
          new SampledSoftmax(new CosFace(0.4), SCALE, null, Shards.ALONE, manager, workers);
      SampledSoftmax.RowGradients gradients = softmax.new RowGradients();
      SampledSoftmax.Result result =
          softmax.score(
              new Samples(manager.create(flat, new Shape(B, E)), ids),
              centers,
              sampled,
              7,
              gradients);
      String what = classes + " classes";
      assertThat(result.loss())
          .as(what)
          .isCloseTo(NaiveSoftmax.closest(e, u, ids, k), within(2e-5));
      float[] embeddingGradient = result.embeddingGradient().toFloatArray();
      for (int i = 0; i < B * E; i++) {
        assertThat((double) embeddingGradient[i])
            .as(what)
            .isCloseTo(NaiveSoftmax.slope(e, u, ids, k, e[i / E], i % E), within(2e-5));
      }
      for (int n = 0; n < 60; n++) {
        // All centres of the samples' classes, which are pulled or left alone, and others.
        int row = n < B * k ? (int) ids[n / k] * k + n % k : random.nextInt(u.length);
        int i = random.nextInt(E);
        NDArray block = gradients.block(row / 2046, 0);
        assertThat((double) block.getFloat(row % 2046, i))
            .as(what + ", row " + row)
            .isCloseTo(NaiveSoftmax.slope(e, u, ids, k, u[row], i), within(2e-5));
      }
    }
  }

  @Test
  void slicesAddUpToTheWholeBatch() {
    ClassCenters centers = centers(50);
    Random random = new Random(9);
    SampledClasses sampled = SampledClasses.all(0, 50);
    centers.prepare(sampled);
    float[] flat = new float[B * E];
    long[] ids = new long[B];
    for (int b = 0; b < B; b++) {
      double[] e = NaiveSoftmax.unit(random, E);
      for (int i = 0; i < E; i++) {
        flat[b * E + i] = (float) e[i];
      }
      ids[b] = random.nextInt(50);
    }
    NDArray unitBE = manager.create(flat, new Shape(B, E));
    SampledSoftmax softmax =
        new SampledSoftmax(new CosFace(0.4), SCALE, null, Shards.ALONE, manager, workers);
    SampledSoftmax.RowGradients whole = softmax.new RowGradients();
    double loss = softmax.score(new Samples(unitBE, ids), centers, sampled, B, whole).loss();
    float[] a = whole.block(0, 0).toFloatArray();
    SampledSoftmax.RowGradients sliced = softmax.new RowGradients();
    double sum = 0;
    for (int from = 0; from < B; from += 2) {
      long[] part = java.util.Arrays.copyOfRange(ids, from, from + 2);
      sum +=
          softmax
              .score(
                  new Samples(unitBE.get(from + ":" + (from + 2)), part),
                  centers,
                  sampled,
                  B,
                  sliced)
              .loss();
    }
    assertThat(sum).isCloseTo(loss, within(1e-5));
    float[] b = sliced.block(0, 0).toFloatArray();
    for (int i = 0; i < a.length; i++) {
      assertThat(b[i]).isCloseTo(a[i], within(1e-6f));
    }
  }

  @Test
  void centresFindTheDirectionOfTheirClass() {
    ClassCenters centers = centers(200);
    Random random = new Random(2);
    float[] flat = new float[B * E];
    long[] ids = new long[B];
    for (int b = 0; b < B; b++) {
      double[] e = NaiveSoftmax.unit(random, E);
      for (int i = 0; i < E; i++) {
        flat[b * E + i] = (float) e[i];
      }
      ids[b] = 30 * b;
    }
    NDArray unitBE = manager.create(flat, new Shape(B, E));
    SampledSoftmax softmax =
        new SampledSoftmax(new CosFace(0.4), SCALE, null, Shards.ALONE, manager, workers);
    ClassSampler sampler = sampler(200, 0.1, 4);
    double cosine = 0;
    for (int step = 0; step < 200; step++) {
      SampledClasses sampled = sampler.sample(step, ids);
      centers.prepare(sampled);
      SampledSoftmax.RowGradients gradients = softmax.new RowGradients();
      cosine =
          softmax.score(new Samples(unitBE, ids), centers, sampled, B, gradients).targetCosine();
      centers.update(sampled, gradients, 0.1, step + 1);
      gradients.close();
    }
    assertThat(cosine).isGreaterThan(0.8);
  }
}
