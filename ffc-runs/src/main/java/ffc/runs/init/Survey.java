package ffc.runs.init;

import ffc.engine.Gpus;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.sample.Permutation;
import ffc.loaders.tools.DataStats;
import ffc.runs.record.Hardware;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * What there is to train on, and with.
 *
 * @param identities C
 * @param images M
 * @param single identities of one image
 * @param height of all images, pixels
 * @param width of all images, pixels
 * @param gray whether all looked at are
 * @param judged whether images can be shown to a network outside of training, and pairs of one
 *     identity are there
 * @param cores of the machine
 * @param memory of the machine in bytes, or of the first GPU if there is one
 * @param gpus that the engine can use
 */
record Survey(
    long identities,
    long images,
    long single,
    int height,
    int width,
    boolean gray,
    boolean judged,
    int cores,
    long memory,
    int gpus) {
  /** Pixels of images that a small network is for. */
  private static final int SMALL = 64;

  private static final long SIZES = 2000;
  private static final long COLOURS = 64;

  /**
   * Looks at a set and at this machine.
   *
   * @param source as it was typed
   * @throws BadDataException if the set cannot be trained on: images of several sizes, one identity
   */
  static Survey of(String source, Dataset data, Progress progress) {
    DataStats stats = DataStats.of(data, SIZES, progress);
    if (stats.identities() < 2) {
      throw new BadDataException(
          source + ": has 1 identity, wanted at least 2: there is nothing to tell it from");
    }
    if (!data.storesImages()) {
      throw new BadDataException(
          source
              + ": stores no images, so their size cannot be told; wanted a pack, folder or list");
    }
    TreeMap<String, Long> sizes = new TreeMap<>(stats.sizes());
    if (sizes.remove("unreadable") != null) {
      throw new BadDataException(
          source + ": has images that cannot be read; ./ffc data verify lists them");
    }
    if (sizes.size() != 1) {
      throw new BadDataException(
          "%s: images have %d sizes, such as %s; wanted one: ./ffc data import %s --size 112 --out pack"
              .formatted(source, sizes.size(), some(sizes), source));
    }
    String[] size = sizes.firstKey().split("x");
    int height = Integer.parseInt(size[0]);
    int width = Integer.parseInt(size[1]);
    int step = Math.max(height, width) <= SMALL ? 8 : 16;
    if (Math.min(height, width) < 16 || height % step != 0 || width % step != 0) {
      throw new BadDataException(
          "%s: images are %s (height x width), wanted sides from 16 on that %d divides, as networks halve them: ./ffc data import PHOTOS --size %d --out pack"
              .formatted(
                  source,
                  sizes.firstKey(),
                  step,
                  Math.max(16, (Math.min(height, width) + step / 2) / step * step)));
    }
    int gpus = Gpus.usable();
    return new Survey(
        stats.identities(),
        stats.images(),
        stats.histogram().getOrDefault(1L, 0L),
        height,
        width,
        gray(data, height, width),
        stats.histogram().lastKey() > 1,
        Runtime.getRuntime().availableProcessors(),
        gpus > 0
            ? Gpus.memory(0).total()
            : Hardware.describe().path("memory_bytes").asLong(4L << 30),
        gpus);
  }

  /** Whether images are small ones. */
  boolean small() {
    return Math.max(height, width) <= SMALL;
  }

  private static String some(Map<String, Long> sizes) {
    return String.join(", ", sizes.keySet().stream().limit(3).toList());
  }

  private static boolean gray(Dataset data, int height, int width) {
    ImageShape shape = new ImageShape(3, height, width);
    ByteBuffer pixels = ByteBuffer.allocate(shape.bytes());
    Permutation order = new Permutation(data.images(), 2);
    int area = height * width;
    for (long i = 0; i < Math.min(COLOURS, data.images()); i++) {
      data.decode(order.at(i), shape, pixels, 0);
      for (int at = 0; at < area; at++) {
        if (pixels.get(at) != pixels.get(area + at)
            || pixels.get(at) != pixels.get(2 * area + at)) {
          return false;
        }
      }
    }
    return true;
  }
}
