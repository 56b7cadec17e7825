package ffc.loaders.photos;

import ffc.loaders.decode.PhotoDecoder;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.image.Lanczos;
import ffc.loaders.image.Picture;
import ffc.loaders.photos.walk.PhotoSource;
import ffc.loaders.photos.walk.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.Semaphore;

/**
 * One file, decoded and stored anew; or why not.
 *
 * @param encoded JPEG of the wanted size; null if the file is left out
 * @param height pixels of the upright picture before it got that size; 0 if it is left out
 * @param width likewise
 * @param digest first 8 bytes of the SHA-256 of the file
 * @param look difference hash of the picture: 64 bits, similar for pictures that look alike
 * @param kind why it is left out, or null
 * @param reason more about it
 */
record Imported(
    byte[] encoded, int height, int width, long digest, long look, Reason kind, String reason) {
  private static final int SIDE = 8;

  /** Heap of a decoded pixel, its copies for scaling and turning among them. */
  private static final long BYTES_A_PIXEL = 16;

  /** Larger files are no pictures. */
  private static final long MOST_BYTES = 1L << 30;

  /** Larger files are read one at a time, so that their bytes fit beside decoded pictures. */
  private static final long LARGE_BYTES = 1L << 25;

  static Imported leftOut(Reason kind, String reason) {
    return new Imported(null, 0, 0, 0, 0, kind, reason);
  }

  /**
   * Heap for pictures that are decoded at the same time: half of it.
   *
   * @param permits of a megapixel each
   * @param large of the one large file that is read; taken before those of its pixels
   */
  record Memory(Semaphore permits, int all, Semaphore large) {
    static Memory ofHeap() {
      long megapixels = Runtime.getRuntime().maxMemory() / 2 / BYTES_A_PIXEL >> 20;
      int all = (int) Math.max(1, Math.min(1 << 20, megapixels));
      return new Memory(new Semaphore(all, true), all, new Semaphore(1));
    }
  }

  /**
   * Reads, decodes, scales or aligns, and encodes.
   *
   * @param points to align by, if pictures are aligned; null if this one has none
   */
  static Imported of(
      PhotoSource.Bytes file, float[] points, PhotoImport.Options options, Memory memory) {
    int[] held = {0};
    boolean large = false;
    try {
      ImageFormat format = ImageFormat.of(file.head(ImageFormat.HEAD));
      if (format == ImageFormat.OTHER) {
        return leftOut(Reason.NO_PICTURE, "its first bytes are those of no picture");
      }
      if (format == ImageFormat.HEIF) {
        return leftOut(Reason.OTHER_FORMAT, "HEIC, AVIF or film: convert it to JPEG or PNG");
      }
      boolean aligned = options.landmarks() != null;
      if (aligned && points == null) {
        return leftOut(Reason.NO_POINTS, "no line of " + options.landmarks() + " is its own");
      }
      long size = file.size();
      long most = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 4);
      if (size > most) {
        throw new IOException("has %,d bytes, at most %,d are read".formatted(size, most));
      }
      large = size > LARGE_BYTES;
      if (large) {
        memory.large().acquireUninterruptibly();
      }
      byte[] bytes = file.all();
      PhotoDecoder.Photo photo =
          PhotoDecoder.decode(
              ByteBuffer.wrap(bytes), format, pixels -> held[0] = acquire(memory, pixels));
      Picture scaled;
      try {
        scaled =
            aligned
                ? Alignment.apply(photo.picture(), points, options.height(), options.width())
                : options.fit().apply(photo.picture(), options.height(), options.width());
      } catch (IOException e) {
        return leftOut(Reason.NO_POINTS, e.getMessage());
      }
      // Of the small picture: the same colours for a fraction of the time.
      Picture picture = photo.with(scaled).srgb();
      return new Imported(
          PhotoEncoder.encode(picture, options.channels()),
          photo.picture().height(),
          photo.picture().width(),
          digest(bytes),
          look(picture),
          null,
          "");
    } catch (IOException e) {
      return leftOut(Reason.UNREADABLE, e.getMessage() == null ? e.toString() : e.getMessage());
    } finally {
      memory.permits().release(held[0]);
      if (large) {
        memory.large().release();
      }
    }
  }

  private static int acquire(Memory memory, long pixels) throws IOException {
    int wanted = (int) (pixels >> 20) + 1;
    if (wanted > memory.all()) {
      throw new IOException(
          "picture of %d megapixels needs more than the heap allows (%d): FFC_JAVA_OPTS=-Xmx makes it larger"
              .formatted(wanted, memory.all()));
    }
    memory.permits().acquireUninterruptibly(wanted);
    return wanted;
  }

  private static long digest(byte[] bytes) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether each of 8 x 9 means is brighter than its neighbour on the right. */
  static long look(Picture picture) {
    Picture small = Lanczos.scale(picture, 0, 0, picture.height(), picture.width(), SIDE, SIDE + 1);
    long bits = 0;
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        int at = y * (SIDE + 1) + x;
        bits = bits << 1 | (light(small, at) > light(small, at + 1) ? 1 : 0);
      }
    }
    return bits;
  }

  private static int light(Picture picture, int at) {
    byte[] pixels = picture.pixels();
    return (pixels[3 * at] & 0xff) * 299
        + (pixels[3 * at + 1] & 0xff) * 587
        + (pixels[3 * at + 2] & 0xff) * 114;
  }
}
