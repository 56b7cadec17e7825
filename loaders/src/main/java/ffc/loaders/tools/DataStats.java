package ffc.loaders.tools;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import ffc.loaders.decode.Images;
import ffc.loaders.sample.Permutation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * How many images the identities of a set have, and how large the images are.
 *
 * @param name the set
 * @param identities C
 * @param images M
 * @param histogram identities by number of images
 * @param sizes images by size, {@code "112x112"} or {@code "unreadable"}, of a sample
 * @param sampled images in that sample
 * @param encodedBytes mean bytes of an encoded image in the sample, 0 if none is stored
 */
public record DataStats(
    String name,
    long identities,
    long images,
    TreeMap<Long, Long> histogram,
    TreeMap<String, Long> sizes,
    long sampled,
    double encodedBytes) {

  /** Identities of at most this many images are the tail. */
  public static final long TAIL = 3;

  /** Identities of at least this many images are the head; the middle lies between. */
  public static final long HEAD = 20;

  /** A stratum: its identities and their images. */
  public record Stratum(String name, String range, long identities, long images) {}

  /**
   * Counts.
   *
   * @param sample images whose size is read, at most; chosen at random, the same each time
   */
  public static DataStats of(Dataset data, long sample, Progress progress) {
    TreeMap<Long, Long> histogram = new TreeMap<>();
    long last = 0;
    for (long id = 0; id < data.identities(); id++) {
      long next = data.firstImage(id + 1);
      histogram.merge(next - last, 1L, Long::sum);
      last = next;
      if (id % 1_000_000 == 0) {
        progress.report("counting", id, data.identities());
      }
    }
    TreeMap<String, Long> sizes = new TreeMap<>();
    long bytes = 0;
    long sampled = 0;
    if (data.storesImages()) {
      sampled = Math.min(sample, data.images());
      Permutation order = new Permutation(data.images(), 1);
      for (long i = 0; i < sampled; i++) {
        bytes += sizeOf(data, order.at(i), sizes);
        if (i % 1000 == 0) {
          progress.report("reading sizes", i, sampled);
        }
      }
    }
    double mean = sampled == 0 ? 0 : (double) bytes / sampled;
    return new DataStats(
        data.name(), data.identities(), data.images(), histogram, sizes, sampled, mean);
  }

  private static long sizeOf(Dataset data, long image, Map<String, Long> sizes) {
    try {
      ByteBuffer encoded = data.encoded(image);
      int[] size = Images.size(encoded);
      sizes.merge(size[0] + "x" + size[1], 1L, Long::sum);
      return encoded.remaining();
    } catch (IOException | IllegalArgumentException e) {
      sizes.merge("unreadable", 1L, Long::sum);
      return 0;
    }
  }

  public double mean() {
    return (double) images / identities;
  }

  /** The number of images that half of the identities do not exceed. */
  public long median() {
    long below = 0;
    for (Map.Entry<Long, Long> entry : histogram.entrySet()) {
      below += entry.getValue();
      if (2 * below >= identities) {
        return entry.getKey();
      }
    }
    return histogram.lastKey();
  }

  public long max() {
    return histogram.lastKey();
  }

  /** Head, middle and tail. */
  public Stratum[] strata() {
    long[][] counts = new long[3][2];
    histogram.forEach(
        (size, ids) -> {
          int stratum = size >= HEAD ? 0 : size > TAIL ? 1 : 2;
          counts[stratum][0] += ids;
          counts[stratum][1] += ids * size;
        });
    return new Stratum[] {
      new Stratum("head", HEAD + " or more", counts[0][0], counts[0][1]),
      new Stratum("middle", TAIL + 1 + " to " + (HEAD - 1), counts[1][0], counts[1][1]),
      new Stratum("tail", "1 to " + TAIL, counts[2][0], counts[2][1])
    };
  }
}
