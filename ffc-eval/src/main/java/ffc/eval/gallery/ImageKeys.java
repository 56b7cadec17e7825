package ffc.eval.gallery;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * What distinguishes the images of a set: the first 16 bytes of the SHA-256 of each one's stored
 * bytes, or of its pixels where none are stored.
 *
 * @param first bytes 0 to 7, big-endian, by image
 * @param second bytes 8 to 15
 */
record ImageKeys(long[] first, long[] second) {
  private static final int PIECE = 256;

  /** Reads all images, on all cores. */
  static ImageKeys of(Dataset set, ImageShape shape, Progress progress) {
    int images = Math.toIntExact(set.images());
    ImageKeys keys = new ImageKeys(new long[images], new long[images]);
    AtomicLong done = new AtomicLong();
    IntStream.range(0, (images + PIECE - 1) / PIECE)
        .parallel()
        .forEach(
            piece -> {
              int end = Math.min(images, (piece + 1) * PIECE);
              ByteBuffer pixels = ByteBuffer.allocate(set.storesImages() ? 0 : shape.bytes());
              for (int image = piece * PIECE; image < end; image++) {
                ByteBuffer content = pixels;
                if (set.storesImages()) {
                  content = set.encoded(image);
                } else {
                  set.decode(image, shape, pixels, 0);
                }
                keys.put(image, of(content.duplicate()));
              }
              progress.report("comparing", done.addAndGet(end - (long) piece * PIECE), images);
            });
    return keys;
  }

  /** The key of some bytes, two numbers. */
  static long[] of(ByteBuffer content) {
    MessageDigest digest = sha256();
    digest.update(content);
    ByteBuffer hash = ByteBuffer.wrap(digest.digest());
    return new long[] {hash.getLong(), hash.getLong()};
  }

  private void put(int image, long[] key) {
    first[image] = key[0];
    second[image] = key[1];
  }

  int images() {
    return first.length;
  }

  /** A key of all of them in their order, 32 hexadecimal digits. */
  String content() {
    MessageDigest digest = sha256();
    ByteBuffer bytes = ByteBuffer.allocate(16);
    for (int image = 0; image < first.length; image++) {
      digest.update(bytes.clear().putLong(first[image]).putLong(second[image]).flip());
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /** Finds images by their keys: open addressing, about 8 bytes an image. */
  static final class Lookup {
    private final ImageKeys keys;
    private final int[] slots;

    Lookup(ImageKeys keys) {
      this.keys = keys;
      int size = Integer.highestOneBit(Math.max(1, Math.min(keys.images(), 1 << 28))) * 4;
      slots = new int[size];
      for (int image = keys.images() - 1; image >= 0; image--) {
        int at = slot(keys.first[image], keys.second[image]);
        slots[at] = image + 1;
      }
    }

    /** An image of that key, or -1. */
    int image(ImageKeys of, int image) {
      return slots[slot(of.first[image], of.second[image])] - 1;
    }

    private int slot(long one, long two) {
      int at = (int) one & slots.length - 1;
      while (slots[at] != 0
          && (keys.first[slots[at] - 1] != one || keys.second[slots[at] - 1] != two)) {
        at = at + 1 & slots.length - 1;
      }
      return at;
    }
  }
}
