package ffc.pfc.classes;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;

/**
 * What one trainer of several pays for the draw of a step's classes, one thread: figures of {@code
 * docs/decisions/041-classes-dealt-out.md}. Run by {@code bench/draw.sh}.
 */
final class DrawBench {
  private static final long CLASSES = 100_000_000;
  private static final double RATE = 0.1;
  private static final int IMAGES = 768;
  private static final int DRAWS = 9;

  private DrawBench() {}

  public static void main(String[] args) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    System.out.println("| trainers | drawn by one | CPU time of a draw, s, median (range) |");
    System.out.println("|---|---|---|");
    try (RowWorkers workers = new RowWorkers(1)) {
      for (int trainers : new int[] {1, 8, 64}) {
        ClassRange range = ClassRange.of(CLASSES, 0, trainers);
        ClassSampler sampler = new ClassSampler(CLASSES, RATE, 1, range, workers);
        long[] ids = new Random(2).longs((long) IMAGES * trainers, 0, CLASSES).toArray();
        double[] seconds = new double[DRAWS];
        int count = 0;
        for (int step = -2; step < DRAWS; step++) { // two to warm up
          long before = system.getProcessCpuTime();
          count = sampler.sample(step + 2, ids).count();
          if (step >= 0) {
            seconds[step] = (system.getProcessCpuTime() - before) / 1e9;
          }
        }
        Arrays.sort(seconds);
        System.out.printf(
            "| %d | %,d | %.2f (%.2f–%.2f) |%n",
            trainers, count, seconds[DRAWS / 2], seconds[0], seconds[DRAWS - 1]);
      }
    }
  }
}
