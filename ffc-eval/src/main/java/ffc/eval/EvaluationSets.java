package ffc.eval;

import ffc.eval.pairs.Verification;
import ffc.loaders.DataSets;
import ffc.loaders.VerificationSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.VerificationSet;
import ffc.loaders.format.DataFormats;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.stream.IntStream;

/** Opens the sets of section {@code evaluate}, as much of them as is judged. */
public final class EvaluationSets {
  private EvaluationSets() {}

  /**
   * Opens a set of labelled images; with {@code images} its first identities, whole ones: as many
   * as fit, but so many that there is something to compare, two identities and two images of one.
   *
   * @param config of a set that is not of pairs
   * @return the caller's to close
   * @throws IllegalArgumentException if it cannot be read
   */
  public static Dataset labelled(EvaluateConfig config) {
    Dataset all = DataSets.open(new DataConfig.Source(config.format(), config.path()));
    if (config.images() == null || config.images() >= all.images()) {
      return all;
    }
    // The image after the last one allowed begins or cuts the first identity that is left out.
    long identities = Math.max(all.identityOf(config.images()), comparable(all));
    return identities < all.identities()
        ? new FirstIdentities(all, identities, all.firstImage(identities))
        : all;
  }

  /** How many of the first identities have a genuine and an impostor pair; two if none has. */
  private static long comparable(Dataset all) {
    for (long identity = 0; identity < all.identities(); identity++) {
      if (all.imageCount(identity) > 1) {
        return Math.max(2, identity + 1);
      }
    }
    return 2;
  }

  /**
   * Opens a set of pairs; with {@code images} so many of them, ten at least, those of one identity
   * and those of two in the shares that they have, each at equal distances, so that every fold
   * keeps its share.
   *
   * @param config of a set of pairs
   * @return the caller's to close
   * @throws IllegalArgumentException if it cannot be read
   */
  public static VerificationSet pairs(EvaluateConfig config) {
    VerificationSet all = VerificationSets.open(config.format(), DataFormats.path(config.path()));
    if (config.images() == null) {
      return all;
    }
    int pairs = Math.max(config.images() / 2, Verification.FOLDS);
    return pairs < all.pairs() ? new SpreadPairs(all, spread(all, pairs)) : all;
  }

  private static int[] spread(VerificationSet all, int pairs) {
    int genuine = (int) IntStream.range(0, all.pairs()).filter(all::same).count();
    int other = all.pairs() - genuine;
    int taken = (int) Math.round((double) pairs * genuine / all.pairs());
    // Of a kind that is rare one pair at least.
    taken = Math.max(Math.min(genuine, 1), Math.min(taken, pairs - Math.min(other, 1)));
    int[] chosen = new int[pairs];
    int count = 0;
    int[] seen = new int[2];
    for (int pair = 0; pair < all.pairs(); pair++) {
      boolean same = all.same(pair);
      long of = same ? genuine : other;
      long wanted = same ? taken : pairs - taken;
      long before = seen[same ? 1 : 0]++;
      if (before * wanted / of < (before + 1) * wanted / of) {
        chosen[count++] = pair;
      }
    }
    return chosen;
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
            "on a part of the set: %d of its %d pairs".formatted(part.pairs(), part.all.pairs()))
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

  /** Some of the pairs of a set. */
  private static final class SpreadPairs implements VerificationSet {
    private final VerificationSet all;
    private final int[] chosen;

    SpreadPairs(VerificationSet all, int[] chosen) {
      this.all = all;
      this.chosen = chosen;
    }

    @Override
    public int pairs() {
      return chosen.length;
    }

    @Override
    public String name() {
      return all.name();
    }

    @Override
    public boolean same(int pair) {
      return all.same(chosen[pair]);
    }

    @Override
    public void decode(int image, ImageShape shape, ByteBuffer out, int offset) {
      all.decode(2 * chosen[image / 2] + image % 2, shape, out, offset);
    }

    @Override
    public void close() {
      all.close();
    }
  }
}
