package ffc.eval.allpairs;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.Means;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.loaders.data.Progress;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PairsAboveTest {
  /** A way of sweeping. */
  private interface Sweep {
    void over(Embeddings rows, int first, float cut, PairsAbove.Visitor visitor, Progress progress);
  }

  private static Map<Long, Float> found(Sweep sweep, Embeddings rows, int first, float cut) {
    Map<Long, Float> found = new HashMap<>();
    sweep.over(
        rows,
        first,
        cut,
        (a, b, products, count) -> {
          for (int i = 0; i < count; i++) {
            assertThat(found.put((long) a[i] << 32 | b[i], products[i])).as("told twice").isNull();
          }
        },
        Progress.NONE);
    return found;
  }

  private static Map<Long, Float> expected(Embeddings rows, int first, float cut) {
    int dim = rows.dim();
    float[] values = new float[rows.size() * dim];
    rows.read(0, rows.size(), values, 0);
    Map<Long, Float> expected = new HashMap<>();
    for (int a = 0; a < first; a++) {
      for (int b = a + 1; b < rows.size(); b++) {
        float product = InnerProduct.of(values, a * dim, values, b * dim, dim);
        if (product > cut && rows.label(a) != rows.label(b)) {
          expected.put((long) a << 32 | b, product);
        }
      }
    }
    return expected;
  }

  /** Rows of length 1 and shorter ones, more than a block and a panel of them. */
  @Test
  void bothWaysTellThePairsOfTheFirstRowsBitForBit() {
    int n = 2300;
    for (int dim : new int[] {5, 32}) {
      Embeddings units = RandomEmbeddings.clusters(dim, n, dim, 500, 0.6);
      int[] starts = IntStream.rangeClosed(0, n / 2).map(i -> 2 * i).toArray();
      long[] labels = IntStream.range(0, n / 2).mapToLong(i -> i / 3).toArray();
      int[] members = IntStream.range(0, n).toArray();
      for (Embeddings rows :
          new Embeddings[] {units, Means.plain(units, members, starts, labels)}) {
        for (int first : new int[] {0, 1, 700, rows.size()}) {
          Map<Long, Float> expected = expected(rows, first, 0.6f);
          String title = "dim %d, the first %d of %d".formatted(dim, first, rows.size());
          assertThat(found(PairsAbove::sweep, rows, first, 0.6f)).as(title).isEqualTo(expected);
          assertThat(found(PairsAbove::byBlocks, rows, first, 0.6f)).as(title).isEqualTo(expected);
        }
      }
    }
  }

  /** The engine adds up in another order: its product may be below a cut that the pair exceeds. */
  @Test
  void aPairThatBarelyExceedsTheCutIsFound() {
    Embeddings rows = RandomEmbeddings.clusters(6, 60, 48, 60, 0.6);
    expected(rows, 60, 0)
        .forEach(
            (pair, product) -> {
              float cut = Math.nextDown(product);
              assertThat(found(PairsAbove::byBlocks, rows, 60, cut)).containsKey(pair);
            });
  }

  @Test
  void progressEndsWithAllPairs() {
    Embeddings rows = RandomEmbeddings.clusters(1, 1300, 8, 500, 0.6);
    long pairs = 900L * 899 / 2 + 900 * 400;
    for (Sweep sweep : new Sweep[] {PairsAbove::sweep, PairsAbove::byBlocks}) {
      long[] last = new long[2];
      sweep.over(
          rows,
          900,
          0.9f,
          (a, b, products, count) -> {},
          (phase, done, total) -> {
            synchronized (last) {
              last[0] = Math.max(last[0], done);
              last[1] = total;
            }
          });
      assertThat(last[0]).isEqualTo(last[1]).isGreaterThanOrEqualTo(pairs);
    }
  }
}
