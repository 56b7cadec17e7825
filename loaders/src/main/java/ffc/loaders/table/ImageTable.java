package ffc.loaders.table;

/**
 * All that is known about the images of a set without touching them.
 *
 * @param identities images by identity
 * @param places {@link Place} of each image
 * @param names rows that places point to, where the source needs them
 * @param bases labels before each part of the source
 * @param labels label of each identity, the parts' bases added; null if it is the identity's number
 */
public record ImageTable(
    IdentityTable identities, LongArray places, Names names, LongArray bases, LongArray labels) {

  /** The label of an identity, the base of its part added. */
  public long label(long identity) {
    return labels == null ? identity : labels.get(identity);
  }
}
