package ffc.core.ffc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ffc.core.loss.CosFace;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginHead;
import ffc.engine.Autograd;
import ffc.engine.ComputeThreads;
import ffc.engine.ProcessMemory;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Proposal;
import ffc.idgroup.TwoRow;
import ffc.idgroup.Weighted;
import java.util.Arrays;
import java.util.Random;

/**
 * Time and memory of FFC's classifier alone, without networks: both passes of a step over a full
 * group of random features. Arguments: slots, embedding, images a side, steps, threads, and
 * "two-row" or "weighted". Run by {@code bench/head.sh}.
 */
final class FfcHeadBench {
  private FfcHeadBench() {}

  public static void main(String[] args) {
    final int capacity = Integer.parseInt(args[0]);
    final int embedding = Integer.parseInt(args[1]);
    final int images = Integer.parseInt(args[2]);
    final int steps = Integer.parseInt(args[3]);
    final int threads = Integer.parseInt(args[4]);
    final boolean twoRow = args[5].equals("two-row");
    Random random = new Random(1);
    double[][] times = new double[3][steps];
    try (NDManager manager = NDManager.newBaseManager()) {
      Autograd.off();
      ComputeThreads.set(threads);
      final long base = ProcessMemory.peakRss();
      GroupMatrix matrix = new GroupMatrix(manager, capacity, embedding);
      IdGroup group =
          IdGroup.ofEmptySlots(
              twoRow ? new TwoRow() : new Weighted(0.5),
              matrix.rows(),
              twoRow ? new FloatRows(capacity, embedding) : null);
      for (long id = 0; id < capacity; id += images) {
        int count = (int) Math.min(images, capacity - id);
        final long first = id;
        long[] ids = new long[count];
        Arrays.setAll(ids, i -> first + i);
        group.commit(group.propose(ids, unit(random, count, embedding)));
      }
      FfcHead head =
          new FfcHead(
              new MarginHead(new CosFace(0.4), 32),
              FfcConfigFreshBuilder.builder().build(),
              true,
              capacity);
      try (matrix) {
        for (int step = -3; step < steps; step++) {
          try (NDManager stepManager = manager.newSubManager();
              NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            long[] x = random.longs(images, 0, 2L * capacity).toArray();
            long[] y = x.clone();
            FloatRows fx = unit(random, images, embedding);
            FloatRows fy = unit(random, images, embedding);
            final NDArray xBE = stepManager.create(fx.values(), new Shape(images, embedding));
            final NDArray yBE = stepManager.create(fy.values(), new Shape(images, embedding));
            long t0 = System.nanoTime();
            Proposal passA = group.propose(y, fy);
            Proposal passB = group.propose(x, fx);
            long t1 = System.nanoTime();
            for (Proposal pass : new Proposal[] {passA, passB}) {
              int[] slots = pass.slots(pass == passA ? x : y);
              for (int i = 0; i < images; i += 3) {
                slots[i] = -1; // a third of the samples is fresh
              }
              try (Losses.Sum losses = new Losses.Sum()) {
                head.score(
                    pass == passA ? xBE : yBE,
                    null,
                    slots,
                    FfcHead.Counts.of(slots),
                    pass,
                    matrix,
                    losses);
                losses.toLosses();
              }
            }
            long t2 = System.nanoTime();
            matrix.apply(group.commit(passB).row0());
            long t3 = System.nanoTime();
            if (step >= 0) {
              times[0][step] = (t1 - t0 + t3 - t2) / 1e6;
              times[1][step] = (t2 - t1) / 1e6;
              times[2][step] = (t3 - t0) / 1e6;
            }
          }
        }
      }
      for (double[] t : times) {
        Arrays.sort(t);
      }
      System.out.printf(
          "%s K %d E %d images a side %d: group %.2f head %.1f together %.1f ms (min %.1f, max"
              + " %.1f), peak rss %.0f MB above start, 4KE = %.0f MB%n",
          args[5],
          capacity,
          embedding,
          images,
          times[0][steps / 2],
          times[1][steps / 2],
          times[2][steps / 2],
          times[2][0],
          times[2][steps - 1],
          (ProcessMemory.peakRss() - base) / 1e6,
          4e-6 * capacity * embedding);
    }
  }

  private static FloatRows unit(Random random, int count, int dim) {
    FloatRows rows = new FloatRows(count, dim);
    for (int i = 0; i < count; i++) {
      double square = 0;
      for (int k = 0; k < dim; k++) {
        float value = (float) random.nextGaussian();
        rows.values()[i * dim + k] = value;
        square += value * value;
      }
      float scale = (float) (1 / Math.sqrt(square));
      for (int k = 0; k < dim; k++) {
        rows.values()[i * dim + k] *= scale;
      }
    }
    return rows;
  }
}
