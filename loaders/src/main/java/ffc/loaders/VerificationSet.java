package ffc.loaders;

import ffc.loaders.format.BinPairs;
import ffc.loaders.format.ListedPairs;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Image pairs with a same/different answer, for 1:1 verification: pair i is images 2i and 2i + 1.
 * Reading is thread-safe.
 */
public interface VerificationSet extends AutoCloseable {

  /** Where the set lies, for messages. */
  String name();

  /** N, the number of pairs. */
  int pairs();

  /** 2N, the number of images. */
  default int images() {
    return 2 * pairs();
  }

  /** Whether both images of a pair in [0, pairs()) show one identity. */
  boolean same(int pair);

  /**
   * Decodes one image, converted between gray and RGB as the shape asks.
   *
   * @param image in [0, images())
   * @param out receives u8 [channels, height, width]; its position and limit are not used or moved
   * @param offset absolute byte offset in {@code out}
   * @throws BadDataException if the image is corrupt or of another size
   */
  void decode(int image, ImageShape shape, ByteBuffer out, int offset);

  @Override
  void close();

  /** Opens an InsightFace {@code .bin} file: a Python pickle of (images, same flags). */
  static VerificationSet openBin(Path file) {
    return BinPairs.open(file);
  }

  /**
   * Opens a list of {@code pathA pathB 0|1} lines.
   *
   * @param list text file; blank lines and lines that begin with # are left out
   * @param folder what the paths are relative to
   */
  static VerificationSet openPairs(Path list, Path folder) {
    return ListedPairs.open(list, folder);
  }

  /** Opens a list of pairs with paths relative to the list's own folder. */
  static VerificationSet openPairs(Path list) {
    return openPairs(list, list.toAbsolutePath().getParent());
  }

  /**
   * Opens a verification set by format.
   *
   * @param format {@code bin} or {@code pairs}
   */
  static VerificationSet open(String format, Path path) {
    return switch (format) {
      case "bin" -> openBin(path);
      case "pairs" -> openPairs(path);
      default ->
          throw new IllegalArgumentException(
              path + ": format " + format + " holds no pairs, wanted bin or pairs");
    };
  }
}
