package ffc.loaders.bench;

import ffc.loaders.DataSets;
import ffc.loaders.DualLoader;
import ffc.loaders.data.AugmentConfigBuilder;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import ffc.loaders.sample.PairSampler;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;

/**
 * What the number of identities costs: time and heap to open a set, pairs sampled a second on one
 * core, and resident memory over a run of the dual loader. {@code bench/loader_scale} makes the
 * sets and runs it.
 *
 * <pre>ScaleBench FORMAT PATH STEPS</pre>
 */
public final class ScaleBench {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private ScaleBench() {}

  private static DataConfig config(DataConfig.Source source, int ids, int instances) {
    return DataConfigBuilder.builder()
        .train(source)
        .idsPerBatch(ids)
        .instancesPerBatch(instances)
        .instancePartner(true)
        .augment(AugmentConfigBuilder.builder().flip(true).shift(2).build())
        .workers(2)
        .prefetch(4)
        .build();
  }

  /** Runs once. */
  public static void main(String[] args) throws Exception {
    DataConfig.Source source = new DataConfig.Source(args[0], args[1]);
    int steps = Integer.parseInt(args[2]);
    long heapBefore = heapBytes();
    long start = System.nanoTime();
    try (Dataset data = DataSets.open(source)) {
      double opened = (System.nanoTime() - start) / 1e9;
      double heap = (heapBytes() - heapBefore) / 1048576.0;
      System.out.printf(
          Locale.ROOT,
          "identities %d images %d open_seconds %.3f open_heap_mib %.2f%n",
          data.identities(),
          data.images(),
          opened,
          heap);
      double[] rates = new double[5];
      double[] cpuRates = new double[5];
      PairSampler sampler = new PairSampler(data, config(source, 1000, 0), 1, 0, 1);
      Cursor cursor = Cursor.START;
      for (int trial = 0; trial < rates.length; trial++) {
        long begin = System.nanoTime();
        long cpu = THREADS.getCurrentThreadCpuTime();
        for (int step = 0; step < 2000; step++) {
          Cursor next = sampler.after(cursor);
          sampler.plan(cursor, next);
          cursor = next;
        }
        cpuRates[trial] = 2000 * 1000 / ((THREADS.getCurrentThreadCpuTime() - cpu) / 1e9);
        rates[trial] = 2000 * 1000 / ((System.nanoTime() - begin) / 1e9);
      }
      Arrays.sort(rates);
      Arrays.sort(cpuRates);
      System.out.printf(
          Locale.ROOT,
          "pairs_per_second median %.2fM least %.2fM most %.2fM; by CPU time %.2fM, %.2fM, %.2fM%n",
          rates[2] / 1e6,
          rates[0] / 1e6,
          rates[4] / 1e6,
          cpuRates[2] / 1e6,
          cpuRates[0] / 1e6,
          cpuRates[4] / 1e6);
      dualLoader(data, source, steps);
    }
  }

  private static void dualLoader(Dataset data, DataConfig.Source source, int steps)
      throws Exception {
    ImageShape shape = new ImageShape(1, 32, 32);
    long start = System.nanoTime();
    try (DualLoader loader =
        new DualLoader(data, config(source, 64, 64), shape, 1, 0, 1, Cursor.START)) {
      for (int step = 1; step <= steps; step++) {
        try (PairBatch batch = loader.next()) {
          if (step % (steps / 4) == 0) {
            System.out.printf(
                Locale.ROOT,
                "step %d rss_mib %d anonymous_mib %d heap_mib %.1f%n",
                step,
                LoaderBench.rssKib() / 1024,
                LoaderBench.status("RssAnon:") / 1024,
                heapBytes() / 1048576.0);
          }
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%d steps of 192 images in %.1f s%n",
        steps,
        (System.nanoTime() - start) / 1e9);
  }

  private static long heapBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
