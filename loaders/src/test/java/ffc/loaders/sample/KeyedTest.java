package ffc.loaders.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyedTest {
  private static final long SEED = 77;

  /** SplitMix64 is this mixer over a counter; its first outputs of seed 0 are published. */
  @Test
  void theMixerIsThatOfSplitMix64() {
    long golden = 0x9e3779b97f4a7c15L;
    assertThat(Keyed.mix(golden)).isEqualTo(0xe220a8397b1dcdafL);
    assertThat(Keyed.mix(2 * golden)).isEqualTo(0x6e789e6aa1b965f4L);
    assertThat(Keyed.mix(3 * golden)).isEqualTo(0x06c45d188009454fL);
    assertThat(Keyed.mix(0)).isZero();
  }

  /** A run that is resumed by a later version must draw what it would have drawn. */
  @Test
  void numbersAreTheSameInEveryVersion() {
    assertThat(Keyed.hash(1, 2)).isEqualTo(0xe6a77494d8906b12L);
    assertThat(Keyed.hash(1, 2, 3)).isEqualTo(0x2140b0645807f39dL);
    assertThat(Keyed.hash(1, 2, 3, 4)).isEqualTo(0x4ca1ac3b3adee6f1L);
  }

  @Test
  void keyAndWordsHaveTheirPlaces() {
    Set<Long> all = new HashSet<>();
    for (long key = 0; key < 20; key++) {
      for (long word = 0; word < 20; word++) {
        all.add(Keyed.hash(key, word));
        for (long second = 0; second < 20; second++) {
          all.add(Keyed.hash(key, word, second));
          all.add(Keyed.hash(key, word, second, key));
        }
      }
    }
    assertThat(all).hasSize(400 + 8000 + 8000);
  }

  /** Every bit of the key and of the word turns about half of the bits. */
  @Test
  void oneBitOfKeyOrWordTurnsHalfOfTheBits() {
    Random random = new Random(SEED);
    for (int bit = 0; bit < 64; bit++) {
      int byKey = 0;
      int byWord = 0;
      for (int i = 0; i < 100; i++) {
        long key = random.nextLong();
        long word = random.nextLong();
        long hash = Keyed.hash(key, word);
        byKey += Long.bitCount(hash ^ Keyed.hash(key ^ 1L << bit, word));
        byWord += Long.bitCount(hash ^ Keyed.hash(key, word ^ 1L << bit));
      }
      assertThat(byKey).as("seed %d bit %d", SEED, bit).isBetween(2800, 3600);
      assertThat(byWord).as("seed %d bit %d", SEED, bit).isBetween(2800, 3600);
    }
  }

  @Test
  void numbersBelowABoundReachFromZeroToJustBelowIt() {
    for (long bound : new long[] {1, 2, 3, 1000, 1L << 40, (1L << 62) - 1}) {
      assertThat(Keyed.below(0, bound)).isZero();
      assertThat(Keyed.below(-1, bound)).isEqualTo(bound - 1);
      assertThat(Keyed.below(Long.MIN_VALUE, bound)).isEqualTo(bound / 2);
    }
    int[] cells = new int[7];
    Random random = new Random(SEED);
    for (int i = 0; i < 7000; i++) {
      cells[(int) Keyed.below(random.nextLong(), 7)]++;
    }
    for (int cell : cells) {
      assertThat(cell).as("seed %d", SEED).isBetween(850, 1150);
    }
  }
}
