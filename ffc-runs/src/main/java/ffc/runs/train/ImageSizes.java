package ffc.runs.train;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Resize;
import ffc.loaders.decode.Images;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a look at a few images of a set says of their sizes: whether {@code data.resize} is needed,
 * what it costs, and what is not turned without it.
 */
final class ImageSizes {
  private static final int IMAGES = 32;

  private final Dataset dataset;
  private final ImageShape shape;
  private final int looked;
  private final List<Long> others = new ArrayList<>();
  private int turned;
  private String first;

  /** Looks at images from all over the set; those that cannot be read are passed over. */
  ImageSizes(Dataset dataset, ImageShape shape) {
    this.dataset = dataset;
    this.shape = shape;
    this.looked = dataset.storesImages() ? (int) Math.min(IMAGES, dataset.images()) : 0;
    for (int i = 0; i < looked; i++) {
      look((long) i * dataset.images() / looked);
    }
  }

  private void look(long image) {
    try {
      ByteBuffer encoded = dataset.encoded(image);
      if (Images.isTurned(encoded)) {
        turned++;
      }
      int[] size = Images.size(encoded);
      if (size[0] != shape.height() || size[1] != shape.width()) {
        if (others.isEmpty()) {
          first = "%s is %dx%d".formatted(dataset.describe(image), size[0], size[1]);
        }
        others.add(image);
      }
    } catch (IOException | BadDataException e) {
      // data.onCorrupt is about those
    }
  }

  /**
   * Refuses images of another size than the network takes, if nothing resizes them.
   *
   * @throws IllegalArgumentException with the setting that does
   */
  void check() {
    if (shape.resize() == Resize.off && !others.isEmpty()) {
      throw new IllegalArgumentException(
          "%s (height x width), as %d of %d images looked at are not %dx%d: data.resize crop, pad or stretch scales them whenever they are read, ./ffc data import once"
              .formatted(first, others.size(), looked, shape.height(), shape.width()));
    }
  }

  /**
   * What scaling takes a training, or what is amiss without.
   *
   * @param workers that decode
   * @return empty if there is nothing to say
   */
  Optional<String> cost(int workers) {
    if (shape.resize() == Resize.off) {
      return turned == 0
          ? Optional.empty()
          : Optional.of(
              "data.resize off: %d of %d images looked at say by EXIF how they are to be turned, and are taken as they are stored; data.resize crop, pad and stretch turn them, ./ffc data import once"
                  .formatted(turned, looked));
    }
    if (looked == 0) {
      return Optional.empty();
    }
    if (others.isEmpty()) {
      return Optional.of(
          "data.resize %s: the %d images looked at have the size already"
              .formatted(shape.resize(), looked));
    }
    ByteBuffer pixels = ByteBuffer.allocateDirect(shape.bytes());
    long start = System.nanoTime();
    for (long image : others) {
      try {
        dataset.decode(image, shape, pixels, 0);
      } catch (BadDataException e) {
        // as above
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9 / others.size();
    return Optional.of(
        String.format(
            Locale.ROOT,
            "data.resize %s: %d of %d images looked at are scaled, in %.1f ms each, up to %,.0f images/s"
                + " by data.workers %d; ./ffc data import scales once",
            shape.resize(),
            others.size(),
            looked,
            1e3 * seconds,
            workers / seconds,
            workers));
  }
}
