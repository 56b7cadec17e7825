package ffc.loaders.sample;

import java.util.BitSet;
import java.util.function.LongPredicate;

/** Which identities of a set are held out: as many as wanted, each with the same chance. */
public final class HeldOut {
  private HeldOut() {}

  /**
   * Chooses, the same ones for the same numbers on every machine.
   *
   * @param source to name in a message
   * @param identities of the set
   * @param wanted at least 1 and fewer than all
   * @param eligible which ones may be held out
   * @param seed which ones are
   * @return the chosen, fewer than wanted if there are not so many that may be
   * @throws IllegalArgumentException if that many cannot be
   */
  public static BitSet choose(
      String source, long identities, long wanted, LongPredicate eligible, long seed) {
    if (identities > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          source + ": " + identities + " identities, at most 2^31 can be split");
    }
    if (wanted < 1 || wanted >= identities) {
      throw new IllegalArgumentException(
          identities < 2
              ? "identities to hold out: %d, but %s has a single one".formatted(wanted, source)
              : "identities to hold out: %d, wanted 1 to %d".formatted(wanted, identities - 1));
    }
    BitSet held = new BitSet();
    Permutation order = new Permutation(identities, Keyed.hash(seed, 0));
    long found = 0;
    for (long i = 0; i < identities && found < wanted; i++) {
      long id = order.at(i);
      if (eligible.test(id)) {
        held.set((int) id);
        found++;
      }
    }
    return held;
  }
}
