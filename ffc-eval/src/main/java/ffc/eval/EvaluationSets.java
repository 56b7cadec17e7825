package ffc.eval;

import ffc.loaders.DataSets;
import ffc.loaders.VerificationSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.VerificationSet;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/** Opens the sets of section {@code evaluate}, as much of them as is judged. */
public final class EvaluationSets {
  private EvaluationSets() {}

  /**
   * Opens a set of labelled images; with {@code images} its first identities, whole ones.
   *
   * @param config of a set that is not of pairs
   * @return the caller's to close
   * @throws IllegalArgumentException if it cannot be read, or if {@code images} holds no two
   *     identities of it
   */
  public static Dataset labelled(EvaluateConfig config) {
    Dataset all = DataSets.open(new DataConfig.Source(config.format(), config.path()));
    if (config.images() == null || config.images() >= all.images()) {
      return all;
    }
    // The image after the last one allowed begins or cuts the first identity that is left out.
    long identities = all.identityOf(config.images());
    if (identities < 2) {
      all.close();
      throw new IllegalArgumentException(
          "%s: images: got %d, which are fewer than its first two identities have; raise it"
              .formatted(config.path(), config.images()));
    }
    return new FirstIdentities(all, identities, all.firstImage(identities));
  }

  /**
   * Opens a set of pairs; with {@code images} pairs at equal distances, so that every fold keeps
   * its share.
   *
   * @param config of a set of pairs
   * @return the caller's to close
   * @throws IllegalArgumentException if it cannot be read, or if {@code images} is less than a pair
   */
  public static VerificationSet pairs(EvaluateConfig config) {
    VerificationSet all = VerificationSets.open(config.format(), Path.of(config.path()));
    if (config.images() == null || config.images() >= all.images()) {
      return all;
    }
    if (config.images() < 2) {
      all.close();
      throw new IllegalArgumentException(
          "%s: images: got %d, wanted 2 or more, a pair".formatted(config.path(), config.images()));
    }
    return new SpreadPairs(all, config.images() / 2);
  }

  /** What to know of figures of a set that is judged in part; empty if it is not. */
  static Optional<String> note(Dataset set) {
    return set instanceof FirstIdentities part
        ? Optional.of(
            "on a part of the set: %d of its %d identities, %d of its %d images"
                .formatted(part.identities, part.all.identities(), part.images, part.all.images()))
        : Optional.empty();
  }

  /** As {@link #note(Dataset)}. */
  static Optional<String> note(VerificationSet set) {
    return set instanceof SpreadPairs part
        ? Optional.of(
            "on a part of the set: %d of its %d pairs".formatted(part.pairs, part.all.pairs()))
        : Optional.empty();
  }

  /** The first identities of a set. */
  private record FirstIdentities(Dataset all, long identities, long images) implements Dataset {
    @Override
    public String name() {
      return all.name();
    }

    @Override
    public long firstImage(long identity) {
      return all.firstImage(identity);
    }

    @Override
    public long identityOf(long image) {
      return all.identityOf(image);
    }

    @Override
    public void decode(long image, ImageShape shape, ByteBuffer out, int offset) {
      all.decode(image, shape, out, offset);
    }

    @Override
    public String describe(long image) {
      return all.describe(image);
    }

    @Override
    public String identityName(long identity) {
      return all.identityName(identity);
    }

    /** That of the whole set: a part of it is no other content. */
    @Override
    public String fingerprint() {
      return all.fingerprint();
    }

    @Override
    public void close() {
      all.close();
    }
  }

  /** Pairs at equal distances. */
  private record SpreadPairs(VerificationSet all, int pairs) implements VerificationSet {
    private int at(int pair) {
      return (int) ((long) pair * all.pairs() / pairs);
    }

    @Override
    public String name() {
      return all.name();
    }

    @Override
    public boolean same(int pair) {
      return all.same(at(pair));
    }

    @Override
    public void decode(int image, ImageShape shape, ByteBuffer out, int offset) {
      all.decode(2 * at(image / 2) + image % 2, shape, out, offset);
    }

    @Override
    public void close() {
      all.close();
    }
  }
}
