package ffc.eval.clean;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RowView;
import ffc.eval.gallery.ExactSearch;
import ffc.loaders.data.Progress;
import ffc.loaders.sample.Keyed;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An order of identities in which those that a network takes for each other stand in one block, so
 * that loaders that walk block by block fill the group with hard negatives.
 *
 * <p>The identities' means are split in two by the direction between the centres of a 2-means over
 * a sample of them, at the multiple of the block nearest to their half, and each part again until
 * it is one block. All blocks but the last have the same size. Where the means do not fit into
 * memory, a sample is split first and each of its parts is filled with the means nearest to it; the
 * parts are then split one by one. Equal input gives equal orders.
 *
 * @param identities labels of all identities in their new order
 * @param block identities of a block
 * @param kept share of the ten identities most like an identity that stand in its block, on average
 * @param byChance that share in an order that knows nothing
 */
public record LookAlikeOrder(long[] identities, int block, double kept, double byChance) {
  private static final int SAMPLE = 4096;
  private static final int ROUNDS = 10;
  private static final int NEAREST = 10;
  private static final int ASKED = 256;

  /**
   * Finds an order.
   *
   * @param images unit rows of all images, labels being their identities
   * @param block identities of a block, at least 2
   * @param rowsInMemory means that may be held on the heap at once, at least 2 blocks
   * @throws IllegalArgumentException if there are not two blocks of identities
   */
  public static LookAlikeOrder of(
      Embeddings images, int block, int rowsInMemory, Progress progress) {
    Groups groups = Groups.of(images);
    int count = groups.count();
    if (count < 2 * (long) block) {
      throw new IllegalArgumentException(
          "%d identities make no two blocks of %d; make the blocks smaller"
              .formatted(count, block));
    }
    Embeddings means = groups.means(images);
    int[] order = new int[count];
    new Splits(means, block, Math.max(rowsInMemory, 2 * block), progress).into(order);
    long[] identities = Arrays.stream(order).mapToLong(means::label).toArray();
    return new LookAlikeOrder(
        identities, block, kept(means, order, block), (block - 1.0) / (count - 1));
  }

  /** The share of the nearest that stay in a block, of identities from all over the set. */
  private static double kept(Embeddings means, int[] order, int block) {
    int[] blockOf = new int[order.length];
    for (int place = 0; place < order.length; place++) {
      blockOf[order[place]] = place / block;
    }
    int asked = Math.min(ASKED, order.length);
    int nearest = Math.min(NEAREST, order.length - 1);
    int[] queries =
        IntStream.range(0, asked).map(i -> (int) ((long) i * order.length / asked)).toArray();
    float[] rows = new float[asked * means.dim()];
    new RowView(means, queries).read(0, asked, rows, 0);
    List<List<ExactSearch.Hit>> found =
        new ExactSearch(means, nearest + 1, false)
            .search(rows, Runtime.getRuntime().availableProcessors());
    long same = 0;
    for (int i = 0; i < asked; i++) {
      int query = queries[i];
      same +=
          found.get(i).stream()
              .mapToInt(ExactSearch.Hit::image)
              .filter(image -> image != query)
              .limit(nearest)
              .filter(image -> blockOf[image] == blockOf[query])
              .count();
    }
    return (double) same / ((long) asked * nearest);
  }

  /** The work of splitting: which rows, how small, in how much memory. */
  private static final class Splits {
    private final Embeddings means;
    private final int dim;
    private final int block;
    private final int inMemory;
    private final Progress progress;
    private int done;

    Splits(Embeddings means, int block, int inMemory, Progress progress) {
      this.means = means;
      this.dim = means.dim();
      this.block = block;
      this.inMemory = inMemory;
      this.progress = progress;
    }

    /** Fills in the numbers of all means in their order. */
    void into(int[] order) {
      Arrays.setAll(order, i -> i);
      part(order, 0, order.length, 1);
    }

    /** Orders the rows that stand at [from, to) of an order, which rise. */
    private void part(int[] order, int from, int to, long key) {
      int[] rows = Arrays.copyOfRange(order, from, to);
      if (rows.length <= inMemory) {
        bisect(new Held(read(rows)), rows, key);
        System.arraycopy(rows, 0, order, from, rows.length);
        done += rows.length;
        progress.report("ordering", done, order.length);
        return;
      }
      // A whole number of blocks in each part, so that none is cut.
      int parts = 2 * ((rows.length + inMemory - 1) / inMemory);
      int size = (rows.length / parts + block) / block * block;
      int[] sample = sample(rows, inMemory, key);
      float[] centres = centres(new Held(read(sample)), sample.length, size, rows.length);
      fill(order, from, rows, centres, size);
      for (int start = 0; start < rows.length; start += size) {
        int end = Math.min(rows.length, start + size);
        Arrays.sort(order, from + start, from + end); // one pass over the file
        part(order, from + start, from + end, Keyed.hash(key, 2 + start));
      }
    }

    /** Centres of as many parts of a sample as all rows are to have. */
    private float[] centres(Held sample, int sampled, int size, int all) {
      int parts = (all + size - 1) / size;
      int each = Math.max(1, (int) ((long) sampled * size / all));
      int[] order = IntStream.range(0, sampled).toArray();
      bisect(sample, order, 0, sampled, each, 1);
      float[] centres = new float[parts * dim];
      for (int part = 0; part < parts; part++) {
        int from = Math.min(part * each, sampled - 1);
        int to = part + 1 == parts ? sampled : Math.min(sampled, (part + 1) * each);
        for (int i = from; i < to; i++) {
          sample.addTo(centres, part * dim, order[i]);
        }
        ArrayEmbeddings.normalise(centres, part * dim, dim, part);
      }
      return centres;
    }

    /** Deals rows out to the part nearest to them that has room. */
    private void fill(int[] order, int from, int[] rows, float[] centres, int size) {
      int parts = centres.length / dim;
      int[] filled = new int[parts];
      float[] row = new float[dim];
      for (int i = 0; i < rows.length; i++) {
        means.read(rows[i], 1, row, 0);
        int best = -1;
        float most = Float.NEGATIVE_INFINITY;
        for (int part = 0; part < parts; part++) {
          int room = Math.min(size, rows.length - part * size) - filled[part];
          if (room > 0) {
            float cosine = InnerProduct.of(row, 0, centres, part * dim, dim);
            if (best < 0 || cosine > most) {
              best = part;
              most = cosine;
            }
          }
        }
        order[from + best * size + filled[best]++] = rows[i];
        progress.report("dealing out", i + 1, rows.length);
      }
    }

    private float[] read(int[] rows) {
      float[] values = new float[Math.multiplyExact(rows.length, dim)];
      new RowView(means, rows).read(0, rows.length, values, 0);
      return values;
    }

    private static int[] sample(int[] rows, int count, long key) {
      int[] sample = new int[count];
      for (int i = 0; i < count; i++) {
        long from = (long) i * rows.length / count;
        long to = (long) (i + 1) * rows.length / count;
        sample[i] = rows[(int) (from + Keyed.below(Keyed.hash(key, i), to - from))];
      }
      return sample;
    }

    /** Puts rows that are held into their order. */
    private void bisect(Held held, int[] rows, long key) {
      int[] places = IntStream.range(0, rows.length).toArray();
      bisect(held, places, 0, places.length, block, key);
      int[] before = rows.clone();
      Arrays.setAll(rows, i -> before[places[i]]);
    }

    private void bisect(Held held, int[] places, int from, int to, int leaf, long key) {
      int blocks = (to - from + leaf - 1) / leaf;
      if (blocks < 2) {
        return;
      }
      float[] direction = direction(held, places, from, to, key);
      long[] along = new long[to - from];
      for (int i = from; i < to; i++) {
        int bits = Float.floatToIntBits(held.dot(places[i], direction, 0));
        long rising = bits ^ (bits >> 31 & Integer.MAX_VALUE);
        along[i - from] = rising << 32 | places[i];
      }
      Arrays.parallelSort(along);
      for (int i = from; i < to; i++) {
        places[i] = (int) along[i - from];
      }
      int middle = from + blocks / 2 * leaf;
      bisect(held, places, from, middle, leaf, Keyed.hash(key, 0));
      bisect(held, places, middle, to, leaf, Keyed.hash(key, 1));
    }

    /** From one centre of a spherical 2-means to the other. */
    private float[] direction(Held held, int[] places, int from, int to, long key) {
      int count = Math.min(SAMPLE, to - from);
      int[] sample = sample(Arrays.copyOfRange(places, from, to), count, key);
      float[] centres = new float[2 * dim];
      int first = sample[(int) Keyed.below(Keyed.hash(key, -1), count)];
      held.addTo(centres, 0, first);
      held.addTo(centres, dim, farthest(held, sample, centres));
      for (int round = 0; round < ROUNDS; round++) {
        float[] sums = new float[2 * dim];
        int[] members = new int[2];
        for (int place : sample) {
          int side = held.dot(place, centres, 0) >= held.dot(place, centres, dim) ? 0 : 1;
          held.addTo(sums, side * dim, place);
          members[side]++;
        }
        if (members[0] == 0 || members[1] == 0) {
          break; // all alike: any direction will do
        }
        ArrayEmbeddings.normalise(sums, 0, dim, 0);
        ArrayEmbeddings.normalise(sums, dim, dim, 1);
        centres = sums;
      }
      float[] direction = new float[dim];
      for (int k = 0; k < dim; k++) {
        direction[k] = centres[dim + k] - centres[k];
      }
      return direction;
    }

    private static int farthest(Held held, int[] sample, float[] from) {
      int farthest = sample[0];
      float least = Float.POSITIVE_INFINITY;
      for (int place : sample) {
        float cosine = held.dot(place, from, 0);
        if (cosine < least) {
          least = cosine;
          farthest = place;
        }
      }
      return farthest;
    }

    /** Rows on the heap. */
    private final class Held {
      private final float[] values;

      Held(float[] values) {
        this.values = values;
      }

      float dot(int place, float[] other, int offset) {
        return InnerProduct.of(values, place * dim, other, offset, dim);
      }

      void addTo(float[] sums, int offset, int place) {
        for (int k = 0; k < dim; k++) {
          sums[offset + k] += values[place * dim + k];
        }
      }
    }
  }
}
