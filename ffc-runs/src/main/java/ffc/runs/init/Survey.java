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
import java.util.TreeMap;

/**
 * What there is to train on, and with.
 *
 * @param identities C
 * @param images M
 * @param single identities of one image
 * @param input size that the network is to take them at
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
    InputSize input,
    boolean gray,
    boolean judged,
    int cores,
    long memory,
    int gpus) {
  private static final long SIZES = 2000;
  private static final long COLOURS = 64;

  /**
   * Looks at a set and at this machine.
   *
   * @param source as it was typed
   * @throws BadDataException if the set cannot be trained on: images that no network takes, one
   *     identity
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
    InputSize input = InputSize.of(source, sizes);
    int gpus = Gpus.usable();
    return new Survey(
        stats.identities(),
        stats.images(),
        stats.histogram().getOrDefault(1L, 0L),
        input,
        gray(data, new ImageShape(3, input.height(), input.width()).resized(input.resize())),
        stats.histogram().lastKey() > 1,
        Runtime.getRuntime().availableProcessors(),
        gpus > 0
            ? Gpus.memory(0).total()
            : Hardware.describe().path("memory_bytes").asLong(4L << 30),
        gpus);
  }

  int height() {
    return input.height();
  }

  int width() {
    return input.width();
  }

  /** Whether images are small ones. */
  boolean small() {
    return Math.max(height(), width()) <= InputSize.SMALL;
  }

  private static boolean gray(Dataset data, ImageShape shape) {
    ByteBuffer pixels = ByteBuffer.allocate(shape.bytes());
    Permutation order = new Permutation(data.images(), 2);
    int area = shape.height() * shape.width();
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
