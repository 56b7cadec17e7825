package ffc.pfc.classes;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ffc.core.loss.CosFace;
import ffc.core.loss.MarginHead;
import ffc.engine.Autograd;
import ffc.engine.ComputeThreads;
import ffc.engine.ProcessMemory;
import ffc.pfc.softmax.SampledSoftmax;
import ffc.pfc.softmax.Samples;
import ffc.pfc.softmax.Shards;
import java.util.Arrays;
import java.util.Random;

/**
 * Times the classifier of Partial FC alone, on random unit embeddings: sampling, forward, backward
 * and update. {@code bench/pfc_pairs.sh} runs it in turns with {@code bench/pfc_torch.py}, which
 * does the same work. Arguments: classes, embedding, images, sample rate, steps, threads.
 */
final class HeadBench {
  private HeadBench() {}

  public static void main(String[] args) {
    final long classes = (long) Double.parseDouble(args[0]);
    final int embedding = Integer.parseInt(args[1]);
    final int images = Integer.parseInt(args[2]);
    final double rate = Double.parseDouble(args[3]);
    final int steps = Integer.parseInt(args[4]);
    final int threads = Integer.parseInt(args[5]);
    double[][] times = new double[4][steps];
    try (NDManager manager = NDManager.newBaseManager();
        TableMemory memory = new TableMemory.Native();
        RowWorkers workers = new RowWorkers(threads)) {
      Autograd.off();
      ComputeThreads.set(threads);
      long base = ProcessMemory.peakRss();
      ClassCenters centers =
          new ClassCenters(
              ClassRange.all(classes),
              embedding,
              1,
              new RowRule.SgdRows(0.9f, true, 1e-4f),
              false,
              memory,
              workers);
      // As the PyTorch side, which fills its matrix first: a step late in a run finds no new rows.
      centers.prepare(SampledClasses.all(0, classes));
      ClassSampler sampler = new ClassSampler(classes, rate, 1, ClassRange.all(classes), workers);
      SampledSoftmax softmax =
          new SampledSoftmax(new CosFace(0.4), 32, null, Shards.ALONE, manager, workers);
      Random random = new Random(1);
      for (int step = -10; step < steps; step++) {
        try (NDManager stepManager = manager.newSubManager();
            NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          long[] ids = random.longs(images, 0, classes).toArray();
          NDArray unitBE =
              MarginHead.normalise(stepManager.randomNormal(new Shape(images, embedding)));
          long t0 = System.nanoTime();
          SampledClasses sampled = sampler.sample(Math.max(0, step), ids);
          centers.prepare(sampled);
          long t1 = System.nanoTime();
          SampledSoftmax.RowGradients gradients = softmax.new RowGradients();
          softmax.score(new Samples(unitBE, ids), centers, sampled, images, gradients);
          long t2 = System.nanoTime();
          centers.update(sampled, gradients, 0.1, step + 11);
          gradients.close();
          long t3 = System.nanoTime();
          if (step >= 0) {
            long[] t = {t1 - t0, t2 - t1, t3 - t2, t3 - t0};
            for (int i = 0; i < 4; i++) {
              times[i][step] = t[i] / 1e6;
            }
          }
        }
      }
      for (double[] t : times) {
        Arrays.sort(t);
      }
      System.out.printf(
          "jvm classes %d embedding %d images %d rate %s: sample %.1f head %.1f update %.1f step"
              + " %.1f ms (min %.1f), images/s %.0f, peak rss %.0f MB (%.0f before the classes)%n",
          classes,
          embedding,
          images,
          rate,
          times[0][steps / 2],
          times[1][steps / 2],
          times[2][steps / 2],
          times[3][steps / 2],
          times[3][0],
          images / times[3][steps / 2] * 1e3,
          ProcessMemory.peakRss() / 1e6,
          base / 1e6);
    }
  }
}
