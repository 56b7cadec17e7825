package ffc.loaders.data;

import java.nio.ByteBuffer;

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
}
