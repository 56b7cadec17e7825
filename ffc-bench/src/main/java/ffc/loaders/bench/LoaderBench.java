package ffc.loaders.bench;

import ffc.loaders.DataSets;
import ffc.loaders.DualLoader;
import ffc.loaders.data.AugmentConfig;
import ffc.loaders.data.AugmentConfigBuilder;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import ffc.loaders.image.ImageDecoder;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Images per second of the dual loader beside a PyTorch {@code DataLoader}; {@code
 * bench/loader_bench} runs both in turn.
 *
 * <pre>LoaderBench FORMAT PATH CHANNELSxHEIGHTxWIDTH WORKERS IMAGES [full]</pre>
 *
 * <p>{@code full} adds all kinds of augmentation, each to a fifth of the images.
 *
 * <p>Prints images/s, images/s per CPU second, allocated bytes an image and resident memory.
 */
public final class LoaderBench {
  private static final AugmentConfig FLIP_AND_SHIFT =
      AugmentConfigBuilder.builder().flip(true).shift(2).build();

  private LoaderBench() {}

  private static AugmentConfig full() {
    return AugmentConfigBuilder.builder(FLIP_AND_SHIFT)
        .crop(new AugmentConfig.Crop(null, null, null))
        .affine(new AugmentConfig.Affine(null, null, null))
        .photometric(new AugmentConfig.Photometric(null, null, null, null, null))
        .blur(new AugmentConfig.Blur(null, null))
        .lowResolution(new AugmentConfig.LowResolution(null, null))
        .erase(new AugmentConfig.Erase(null, null))
        .build();
  }

  /** Runs once over warm-up and measurement. */
  public static void main(String[] args) throws Exception {
    DataConfig.Source source = new DataConfig.Source(args[0], args[1]);
    String[] sides = args[2].split("x", -1);
    ImageShape shape =
        new ImageShape(
            Integer.parseInt(sides[0]), Integer.parseInt(sides[1]), Integer.parseInt(sides[2]));
    int workers = Integer.parseInt(args[3]);
    long images = Long.parseLong(args[4]);
    DataConfig config =
        DataConfigBuilder.builder()
            .train(source)
            .idsPerBatch(64)
            .instancesPerBatch(64)
            .instancePartner(true)
            .augment(args.length > 5 && args[5].equals("full") ? full() : FLIP_AND_SHIFT)
            .workers(workers)
            .prefetch(4)
            .build();
    try (Dataset data = DataSets.open(source);
        DualLoader loader = new DualLoader(data, config, shape, 1, 0, 1, Cursor.START)) {
      run(loader, images / 4);
      long allocated = allocatedBytes();
      double cpu = cpuSeconds();
      long start = System.nanoTime();
      long taken = run(loader, images);
      double seconds = (System.nanoTime() - start) / 1e9;
      cpu = cpuSeconds() - cpu;
      System.out.printf(
          Locale.ROOT,
          "ffc images_per_second %.0f per_cpu_second %.0f allocated_per_image %.0f rss_mib %d"
              + " jpeg %s%n",
          taken / seconds,
          taken / cpu,
          (double) (allocatedBytes() - allocated) / taken,
          rssKib() / 1024,
          ImageDecoder.jpegDecoder());
    }
  }

  private static long run(DualLoader loader, long images) {
    long taken = 0;
    while (taken < images) {
      try (PairBatch batch = loader.next()) {
        taken += 2L * batch.size();
      }
    }
    return taken;
  }

  private static double cpuSeconds() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }

  /** Bytes that all living threads have allocated on the heap. */
  private static long allocatedBytes() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }

  static long rssKib() throws Exception {
    return status("VmRSS:");
  }

  /** A field of /proc/self/status in KiB. */
  static long status(String field) throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return -1;
  }
}
