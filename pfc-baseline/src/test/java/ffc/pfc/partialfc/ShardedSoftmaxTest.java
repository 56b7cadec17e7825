package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
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
import ffc.pfc.softmax.SampledSoftmax;
import ffc.pfc.softmax.Samples;
import ffc.pfc.softmax.Shards;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A softmax whose classes are dealt out, against one that has them all. */
class ShardedSoftmaxTest {
  private static final int CLASSES = 2 * ClassCenters.BLOCK + 501;
  private static final int E = 5;
  private static final int PER_TRAINER = 4;

  /** Loss of the samples of a trainer, their gradients, the gradients of its rows. */
  @SuppressWarnings("ArrayRecordComponent") // read only
  private record Part(double loss, double targetCosine, float[] embeddings, float[] rows) {}

  private record Case(Margin margin, double scale, Double threshold, double rate) {}

  static Stream<Case> cases() {
    Margin cosface = new CosFace(0.4);
    return Stream.of(
        new Case(cosface, 32, null, 1),
        new Case(cosface, 32, null, 0.1),
        new Case(cosface, 32, 0.3, 0.1),
        new Case(new CosFace(0), 8, null, 1),
        new Case(new ArcFace(0.5, true), 32, null, 0.1),
        new Case(new Combined(1.1, 0.3, 0.2), 32, null, 0.1),
        new Case(new Sv(0.2, 1.2), 32, 0.5, 0.1),
        new Case(cosface, 68, null, 0.1), // shifted by a constant
        new Case(cosface, 120, 0.6, 0.1), // shifted by the largest logit of all shards
        new Case(new Sv(0.2, 1.2), 120, null, 0.1));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shardsGiveLossAndGradientsOfTheWhole(Case c) throws Exception {
    for (int trainers = 2; trainers <= 3; trainers++) {
      Random random = new Random(trainers);
      // All samples of the first shard's classes but one: a shard may own no target.
      long[] ids = new long[PER_TRAINER * trainers];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = i == 2 ? CLASSES / trainers + 30 : random.nextInt(CLASSES / trainers);
      }
      float[] embeddings = embeddings(ids.length, random);
      Part whole = score(c, Shards.ALONE, ClassRange.all(CLASSES), embeddings, ids, 0, ids.length);
      List<Part> parts = together(c, trainers, embeddings, ids);
      double loss = 0;
      double cosine = 0;
      int sample = 0;
      int row = 0;
      for (Part part : parts) {
        loss += part.loss();
        cosine += part.targetCosine() / trainers;
        for (float g : part.embeddings()) {
          assertThat(g).isCloseTo(whole.embeddings()[sample++], within(3e-5f));
        }
        for (float g : part.rows()) {
          assertThat(g).isCloseTo(whole.rows()[row++], within(3e-5f));
        }
      }
      assertThat(loss).isCloseTo(whole.loss(), within(1e-6 * c.scale()));
      assertThat(cosine).isCloseTo(whole.targetCosine(), within(1e-6));
      assertThat(sample).isEqualTo(whole.embeddings().length);
      assertThat(row).isEqualTo(whole.rows().length);
    }
  }

  private static float[] embeddings(int count, Random random) {
    float[] values = new float[count * E];
    for (int i = 0; i < count; i++) {
      double squares = 0;
      for (int k = 0; k < E; k++) {
        values[i * E + k] = (float) random.nextGaussian();
        squares += values[i * E + k] * values[i * E + k];
      }
      for (int k = 0; k < E; k++) {
        values[i * E + k] /= (float) Math.sqrt(squares);
      }
    }
    return values;
  }

  private static List<Part> together(Case c, int trainers, float[] embeddings, long[] ids)
      throws Exception {
    ThreadCluster cluster = new ThreadCluster(trainers);
    ExecutorService threads = Executors.newFixedThreadPool(trainers);
    try {
      List<Future<Part>> futures = new ArrayList<>();
      for (int rank = 0; rank < trainers; rank++) {
        int r = rank;
        futures.add(
            threads.submit(
                () ->
                    score(
                        c,
                        new ShardExchange(cluster.trainer(r)),
                        ClassRange.of(CLASSES, r, trainers),
                        embeddings,
                        ids,
                        r * PER_TRAINER,
                        (r + 1) * PER_TRAINER)));
      }
      List<Part> parts = new ArrayList<>();
      for (Future<Part> future : futures) {
        parts.add(future.get());
      }
      return parts;
    } finally {
      threads.shutdownNow();
    }
  }

  private static Part score(
      Case c, Shards shards, ClassRange range, float[] embeddings, long[] ids, int from, int to) {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        TableMemory memory = new TableMemory.Native();
        RowWorkers workers = new RowWorkers(1);
        SampledSoftmax softmax =
            new SampledSoftmax(c.margin(), c.scale(), c.threshold(), shards, manager, workers)) {
      ClassCenters centers =
          new ClassCenters(range, E, 3, new RowRule.SgdRows(0, false, 0), false, memory, workers);
      SampledClasses sampled =
          new ClassSampler(CLASSES, c.rate(), 9, range, workers).sample(0, ids);
      centers.prepare(sampled);
      SampledSoftmax.RowGradients gradients = softmax.new RowGradients();
      NDArray unitBE = manager.create(embeddings, new Shape(ids.length, E));
      SampledSoftmax.Result result =
          softmax.score(
              new Samples(unitBE, ids, from, to), centers, sampled, ids.length, gradients);
      float[] rows = new float[sampled.count() * E];
      for (int first = 0; first < sampled.count(); first += ClassCenters.BLOCK) {
        float[] block = gradients.block(first / ClassCenters.BLOCK, 0).toFloatArray();
        System.arraycopy(block, 0, rows, first * E, block.length);
      }
      gradients.close();
      return new Part(
          result.loss(), result.targetCosine(), result.embeddingGradient().toFloatArray(), rows);
    }
  }
}
