package ffc.loaders.store;

/**
 * All that is known about the images of a set without touching them.
 *
 * @param identities images by identity
 * @param places {@link Place} of each image
 * @param names rows that places point to, where the source needs them
 * @param bases identities before each part of the source
 */
public record ImageTable(
    IdentityTable identities, LongArray places, Names names, LongArray bases) {}
