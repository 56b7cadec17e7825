package ffc.loaders;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.image.Augmentation;
import ffc.loaders.sample.Keyed;
import ffc.loaders.sample.PairPlan;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Decodes and augments planned rows into batch buffers, and puts other images in the place of
 * unreadable ones where the policy allows it. What takes the place is a function of the row's key
 * alone, so that a resumed run sees the same. Thread-safe.
 */
final class PairDecoder {
  private static final int MAX_ATTEMPTS = 1000;

  private final Dataset data;
  private final ImageShape shape;
  private final boolean skip;
  private final ThreadLocal<Augmentation> augmentation;
  private final ThreadLocal<Augmentation> singleAugmentation;

  PairDecoder(Dataset data, DataConfig config, ImageShape shape) {
    this.data = data;
    this.shape = shape;
    this.skip = config.onCorrupt() == DataConfig.OnCorrupt.skip;
    this.augmentation = ThreadLocal.withInitial(() -> new Augmentation(config.augment(), shape));
    this.singleAugmentation =
        config.augmentationOfSingles().equals(config.augment())
            ? augmentation
            : ThreadLocal.withInitial(
                () -> new Augmentation(config.augmentationOfSingles(), shape));
  }

  /**
   * Fills rows [from, to) of both sides; the plan then names the images that were taken.
   *
   * @return the unreadable images met
   */
  List<BadDataException> decode(PairPlan plan, int from, int to, ByteBuffer x, ByteBuffer y) {
    List<BadDataException> faults = new ArrayList<>();
    for (int row = from; row < to; row++) {
      if (plan.isPair(row)) {
        decodePair(plan, row, x, y, faults);
      } else {
        decodeAny(plan.x(), row, plan.xKeys()[row], x, faults);
        decodeAny(plan.y(), row, plan.yKeys()[row], y, faults);
      }
      int at = row * shape.bytes();
      augmentationOf(plan.x()[row]).apply(plan.xKeys()[row], x, at);
      augmentationOf(plan.y()[row]).apply(plan.yKeys()[row], y, at);
    }
    return faults;
  }

  private Augmentation augmentationOf(long image) {
    boolean single =
        singleAugmentation != augmentation && data.imageCount(data.identityOf(image)) == 1;
    return (single ? singleAugmentation : augmentation).get();
  }

  private void decodeAny(
      long[] images, int row, long key, ByteBuffer out, List<BadDataException> faults) {
    for (int attempt = 0; !readable(images[row], row, out, faults); attempt++) {
      images[row] = substitute(key, attempt);
    }
  }

  private void decodePair(
      PairPlan plan, int row, ByteBuffer x, ByteBuffer y, List<BadDataException> faults) {
    long key = plan.xKeys()[row];
    for (int attempt = 0; ; attempt++) {
      plan.x()[row] = readableOfIdentity(plan.x()[row], plan.y()[row], row, x, faults);
      if (plan.x()[row] >= 0) {
        plan.y()[row] = readableOfIdentity(plan.y()[row], plan.x()[row], row, y, faults);
        if (plan.y()[row] >= 0) {
          return;
        }
      }
      long image = substitute(key, attempt);
      long identity = data.identityOf(image);
      long first = data.firstImage(identity);
      plan.x()[row] = image;
      plan.y()[row] = first + (image - first + 1) % data.imageCount(identity);
    }
  }

  /**
   * Decodes an image or, if it is unreadable, another one of its identity, the other side's image
   * last; returns the image taken, or -1 if none can be read.
   */
  private long readableOfIdentity(
      long image, long otherSide, int row, ByteBuffer out, List<BadDataException> faults) {
    if (readable(image, row, out, faults)) {
      return image;
    }
    long identity = data.identityOf(image);
    long first = data.firstImage(identity);
    long count = data.imageCount(identity);
    for (long i = 1; i < Math.min(count, 16); i++) {
      long next = first + (image - first + i) % count;
      if (next != otherSide && readable(next, row, out, faults)) {
        return next;
      }
    }
    return otherSide != image && readable(otherSide, row, out, faults) ? otherSide : -1;
  }

  private long substitute(long key, int attempt) {
    if (attempt >= MAX_ATTEMPTS) {
      throw new BadDataException(
          data.name() + ": " + MAX_ATTEMPTS + " images in a row cannot be read");
    }
    return Keyed.below(Keyed.hash(key, 16 + attempt), data.images());
  }

  private boolean readable(long image, int row, ByteBuffer out, List<BadDataException> faults) {
    try {
      data.decode(image, shape, out, row * shape.bytes());
      return true;
    } catch (BadDataException e) {
      if (!skip) {
        throw e;
      }
      faults.add(e);
      return false;
    }
  }
}
