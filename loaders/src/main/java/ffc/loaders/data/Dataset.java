package ffc.loaders.data;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * Labelled images: identities 0..C-1, images 0..M-1 grouped by identity, at least one each. Reading
 * is thread-safe; {@link #close} must come after the last read.
 */
public interface Dataset extends AutoCloseable {
  /** Most images that {@link #contentSample} reads: some seconds from a cold hard disk. */
  int SAMPLED = 512;

  /** Where the set lies, for messages. */
  String name();

  /** C, the number of identities. */
  long identities();

  /** M, the number of images. */
  long images();

  /**
   * First image of an identity: its images are [firstImage(id), firstImage(id + 1)).
   *
   * @param identity in [0, identities()]; firstImage(identities()) == images()
   */
  long firstImage(long identity);

  /** Number of images of an identity, at least 1. */
  default long imageCount(long identity) {
    return firstImage(identity + 1) - firstImage(identity);
  }

  /** The identity of an image in [0, images()). */
  long identityOf(long image);

  /**
   * Decodes one image, converted between gray and RGB as the shape asks.
   *
   * @param image in [0, images())
   * @param shape wanted shape; height and width must be those of the stored image
   * @param out receives u8 [channels, height, width]; its position and limit are not used or moved
   * @param offset absolute byte offset in {@code out}
   * @throws BadDataException if the record is corrupt or of another size; {@code out} may then hold
   *     anything in the image's place
   */
  void decode(long image, ImageShape shape, ByteBuffer out, int offset);

  /** Whether images are stored, so that {@link #encoded} has their bytes. */
  default boolean storesImages() {
    return false;
  }

  /**
   * A copy of the stored bytes of an image, from position to limit, unchanged.
   *
   * @throws IllegalArgumentException if no image is stored
   */
  default ByteBuffer encoded(long image) {
    throw new IllegalArgumentException(name() + ": stores no images to be copied");
  }

  /** An image's place for messages, such as {@code data/train.rec key 17 (offset 1234)}. */
  String describe(long image);

  /** Name of an identity in the source: its label, folder or string ID. */
  default String identityName(long identity) {
    return Long.toString(identity);
  }

  /**
   * Hash of the content's identity (sizes, offsets, labels, not pixels), stable over runs and
   * machines: 16 hexadecimal digits.
   */
  String fingerprint();

  /**
   * Hash of the stored bytes of up to {@value #SAMPLED} images from all over the set, which differs
   * where {@link #fingerprint} cannot: when the images were encoded, cropped or aligned anew. Times
   * and places of files do not count. Images that cannot be read are no failure.
   *
   * @return 16 hexadecimal digits; empty if no image is stored
   */
  default String contentSample() {
    return "";
  }

  /**
   * Lines on what the source holds and the set leaves out, for people; empty if there is nothing or
   * if opening did not look, as with an index.
   */
  default List<String> notes() {
    return List.of();
  }

  /** Counters that the source keeps about its reading, such as a cache's hit rate; may be empty. */
  default Map<String, Double> statistics() {
    return Map.of();
  }

  @Override
  void close();
}
