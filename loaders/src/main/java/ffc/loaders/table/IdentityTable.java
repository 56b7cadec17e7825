package ffc.loaders.table;

import ffc.loaders.data.BadDataException;

/**
 * Which images belong to which identity: image numbers are grouped by identity, so the first image
 * of each identity says it all. Finding an image's identity starts from the identity of every
 * {@value #STRIDE}th image and searches between two of them.
 */
public final class IdentityTable {
  /** Images between two entries of the hints. */
  public static final int STRIDE = 64;

  private final LongArray first;
  private final LongArray hints;
  private final long identities;
  private final long images;

  /**
   * @param first C + 1 numbers, ascending strictly from 0; the last is the number of images
   * @param hints identity of image 0, {@value #STRIDE}, 2·{@value #STRIDE}, … below the number of
   *     images
   */
  public IdentityTable(LongArray first, LongArray hints) {
    this.first = first;
    this.hints = hints;
    this.identities = first.length() - 1;
    this.images = first.get(identities);
  }

  /** A table on the heap. */
  public static IdentityTable of(long[] first) {
    int identities = first.length - 1;
    long images = first[identities];
    long[] hints = new long[Math.toIntExact((images + STRIDE - 1) / STRIDE)];
    int identity = 0;
    for (int i = 0; i < hints.length; i++) {
      while (first[identity + 1] <= (long) i * STRIDE) {
        identity++;
      }
      hints[i] = identity;
    }
    return new IdentityTable(LongArray.of(first), LongArray.of(hints));
  }

  public long identities() {
    return identities;
  }

  public long images() {
    return images;
  }

  /** First image of an identity in [0, identities()]. */
  public long firstImage(long identity) {
    return first.get(identity);
  }

  /** Identity of an image in [0, images()). */
  public long identityOf(long image) {
    if (image < 0 || image >= images) {
      throw new IndexOutOfBoundsException("image " + image + " of " + images);
    }
    long hint = image / STRIDE;
    long low = hints.get(hint);
    long high = hint + 1 < hints.length() ? hints.get(hint + 1) : identities - 1;
    while (low < high) {
      long middle = (low + high + 1) >>> 1;
      if (first.get(middle) <= image) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    if (image < first.get(low) || image >= first.get(low + 1)) {
      throw new BadDataException(
          "the index has no identity for image " + image + "; build the index again");
    }
    return low;
  }
}
