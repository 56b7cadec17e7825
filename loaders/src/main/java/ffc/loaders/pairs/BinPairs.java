package ffc.loaders.pairs;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.VerificationSet;
import ffc.loaders.decode.Images;
import ffc.loaders.table.MappedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * InsightFace's verification set: a Python pickle of (2N encoded images, N booleans). Images are
 * read in place from the mapped file.
 */
public final class BinPairs implements VerificationSet {
  private final Path file;
  private final ByteBuffer[] images;
  private final boolean[] same;

  private BinPairs(Path file, ByteBuffer[] images, boolean[] same) {
    this.file = file;
    this.images = images;
    this.same = same;
  }

  /**
   * Opens a {@code .bin} file.
   *
   * @throws BadDataException if it is no such pickle, or names a global that has no business there
   */
  public static BinPairs open(Path file) {
    MappedFile mapped = MappedFile.open(file);
    if (mapped.size() > MappedFile.MAX_SLICE) {
      throw new BadDataException(file + ": " + mapped.size() + " bytes, at most 1 GiB is read");
    }
    try {
      Object top = new PickleReader(mapped.slice(0, (int) mapped.size())).read();
      if (!(top instanceof List<?> parts) || parts.size() != 2) {
        throw new IOException("the pickle holds no pair (images, same flags)");
      }
      boolean[] same = PickleValues.booleans(parts.get(1));
      ByteBuffer[] images = PickleValues.images(parts.get(0));
      if (same.length == 0 || images.length != 2L * same.length) {
        throw new IOException(
            "%d images and %d same flags, wanted two images a flag"
                .formatted(images.length, same.length));
      }
      return new BinPairs(file, images, same);
    } catch (IOException e) {
      throw new BadDataException(file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String name() {
    return file.toString();
  }

  @Override
  public int pairs() {
    return same.length;
  }

  @Override
  public boolean same(int pair) {
    return same[pair];
  }

  @Override
  public void decode(int image, ImageShape shape, ByteBuffer out, int offset) {
    try {
      Images.decode(images[image], shape, out, offset);
    } catch (IOException e) {
      throw new BadDataException(file + " image " + image + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {}
}
