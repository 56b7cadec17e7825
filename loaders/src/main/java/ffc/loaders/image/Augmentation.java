package ffc.loaders.image;

import ffc.loaders.data.AugmentConfig;
import ffc.loaders.data.ImageShape;
import ffc.loaders.sample.Keyed;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Random augmentation, a pure function of a key: geometry, light and colours, blur, low resolution,
 * erasing, in this order. What one part draws does not depend on whether another is set. The
 * numbers are the same on every machine. Confined to one thread: keeps scratch memory.
 */
public final class Augmentation {
  /** What a random number is for. Words from 16 on belong to substitutes of unreadable images. */
  private static final int FLIP = 0;

  private static final int DOWN = 1;
  private static final int RIGHT = 2;
  private static final int CROP = 1 << 20;
  private static final int AFFINE = CROP + 16;
  private static final int PHOTOMETRIC = AFFINE + 16;
  private static final int BLUR = PHOTOMETRIC + 16;
  private static final int LOW_RESOLUTION = BLUR + 16;
  private static final int ERASE = LOW_RESOLUTION + 16;

  private static final byte GRAY = 127;

  private final AugmentConfig config;
  private final ImageShape shape;
  private final Filters filters;
  private byte[] source;
  private byte[] target;

  public Augmentation(AugmentConfig config, ImageShape shape) {
    this.config = config;
    this.shape = shape;
    this.source = new byte[shape.bytes()];
    this.target = new byte[shape.bytes()];
    this.filters = new Filters(shape);
  }

  /** Augments u8 [channels, height, width] in place at the absolute offset. */
  public void apply(long key, ByteBuffer image, int offset) {
    image.get(offset, source);
    boolean changed = geometry(key);
    changed |= photometric(key);
    changed |= blur(key);
    changed |= lowResolution(key);
    changed |= erase(key);
    if (changed) {
      image.put(offset, source);
    }
  }

  private boolean geometry(long key) {
    boolean mirrored = config.flip() && Keyed.below(Keyed.hash(key, FLIP), 2) == 1;
    int range = 2 * config.shift() + 1;
    int down = (int) Keyed.below(Keyed.hash(key, DOWN), range) - config.shift();
    int right = (int) Keyed.below(Keyed.hash(key, RIGHT), range) - config.shift();
    Warp warp = Warp.IDENTITY;
    if (config.crop() != null && happens(key, CROP, config.crop().probability())) {
      warp = warp.of(crop(key));
    }
    if (config.affine() != null && happens(key, AFFINE, config.affine().probability())) {
      warp = warp.of(affine(key));
    }
    if (warp.equals(Warp.IDENTITY)) {
      if (!mirrored && down == 0 && right == 0) {
        return false;
      }
      shift(mirrored, down, right);
    } else {
      if (mirrored) {
        warp = Warp.mirror(shape.width()).of(warp);
      }
      filters.warp(
          source, shape.height(), shape.width(), warp.of(Warp.shift(-right, -down)), target);
    }
    swap();
    return true;
  }

  private void shift(boolean mirrored, int down, int right) {
    int height = shape.height();
    int width = shape.width();
    Arrays.fill(target, (byte) 0);
    int from = Math.max(0, -right);
    int length = width - Math.abs(right);
    for (int row = 0; row < shape.channels() * height; row++) {
      int y = row % height - down;
      if (y < 0 || y >= height || length <= 0) {
        continue;
      }
      int sourceRow = (row - down) * width;
      int at = row * width + Math.max(0, right);
      if (mirrored) {
        for (int i = 0; i < length; i++) {
          target[at + i] = source[sourceRow + width - 1 - from - i];
        }
      } else {
        System.arraycopy(source, sourceRow + from, target, at, length);
      }
    }
  }

  /** From the enlarged picture to the part. */
  private Warp crop(long key) {
    double area = between(key, CROP + 1, config.crop().area(), 1);
    double aspect = ratio(key, CROP + 2, config.crop().aspect());
    double width = Math.min(1, Math.sqrt(area * aspect));
    double height = Math.min(1, Math.sqrt(area / aspect));
    double left = between(key, CROP + 3, 0, shape.width() * (1 - width));
    double top = between(key, CROP + 4, 0, shape.height() * (1 - height));
    // Centres of pixels lie at whole numbers, the picture begins at -1/2.
    return new Warp(width, 0, left + width / 2 - 0.5, 0, height, top + height / 2 - 0.5);
  }

  /** From the turned and scaled picture to the one before. */
  private Warp affine(long key) {
    double angle = StrictMath.toRadians(config.affine().rotate());
    angle = between(key, AFFINE + 1, -angle, angle);
    double scale = config.affine().scale();
    scale = 1 / between(key, AFFINE + 2, 1 - scale, 1 + scale);
    double cos = StrictMath.cos(angle) * scale;
    double sin = StrictMath.sin(angle) * scale;
    double x = (shape.width() - 1) / 2.0;
    double y = (shape.height() - 1) / 2.0;
    return new Warp(cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y);
  }

  private boolean photometric(long key) {
    AugmentConfig.Photometric set = config.photometric();
    if (set == null || !happens(key, PHOTOMETRIC, set.probability())) {
      return false;
    }
    double brightness = between(key, PHOTOMETRIC + 1, 1 - set.brightness(), 1 + set.brightness());
    double contrast = between(key, PHOTOMETRIC + 2, 1 - set.contrast(), 1 + set.contrast());
    double saturation = between(key, PHOTOMETRIC + 3, 1 - set.saturation(), 1 + set.saturation());
    if (happens(key, PHOTOMETRIC + 4, set.gray())) {
      saturation = 0;
    }
    filters.light(source, brightness, contrast);
    filters.saturate(source, saturation);
    return true;
  }

  private boolean blur(long key) {
    AugmentConfig.Blur set = config.blur();
    if (set == null || !happens(key, BLUR, set.probability())) {
      return false;
    }
    filters.blur(source, between(key, BLUR + 1, 0.1, set.sigma()));
    return true;
  }

  private boolean lowResolution(long key) {
    AugmentConfig.LowResolution set = config.lowResolution();
    if (set == null || !happens(key, LOW_RESOLUTION, set.probability())) {
      return false;
    }
    double side = between(key, LOW_RESOLUTION + 1, set.side(), 1);
    int height = (int) Math.max(1, Math.round(shape.height() * side));
    int width = (int) Math.max(1, Math.round(shape.width() * side));
    byte[] small = filters.shrink(source, height, width);
    filters.warp(
        small,
        height,
        width,
        Warp.stretch((double) width / shape.width(), (double) height / shape.height()),
        target);
    swap();
    return true;
  }

  private boolean erase(long key) {
    AugmentConfig.Erase set = config.erase();
    if (set == null || !happens(key, ERASE, set.probability())) {
      return false;
    }
    double area = between(key, ERASE + 1, 0.02, set.area());
    double aspect = ratio(key, ERASE + 2, 3.3);
    int width = side(shape.width() * Math.sqrt(area * aspect), shape.width());
    int height = side(shape.height() * Math.sqrt(area / aspect), shape.height());
    int left = (int) Keyed.below(Keyed.hash(key, ERASE + 3), shape.width() - width + 1);
    int top = (int) Keyed.below(Keyed.hash(key, ERASE + 4), shape.height() - height + 1);
    for (int channel = 0; channel < shape.channels(); channel++) {
      for (int y = top; y < top + height; y++) {
        int at = (channel * shape.height() + y) * shape.width() + left;
        Arrays.fill(source, at, at + width, GRAY);
      }
    }
    return true;
  }

  private static int side(double wanted, int largest) {
    return (int) Math.max(1, Math.min(largest, Math.round(wanted)));
  }

  private void swap() {
    byte[] result = target;
    target = source;
    source = result;
  }

  private static boolean happens(long key, int word, double probability) {
    return unit(key, word) < probability;
  }

  private static double between(long key, int word, double low, double high) {
    return low + (high - low) * unit(key, word);
  }

  /** A ratio in [1 / largest, largest], uniform in its logarithm. */
  private static double ratio(long key, int word, double largest) {
    double log = StrictMath.log(largest);
    return StrictMath.exp(between(key, word, -log, log));
  }

  /** Uniform in [0, 1). */
  private static double unit(long key, int word) {
    return (Keyed.hash(key, word) >>> 11) * 0x1p-53;
  }
}
