package ffc.eval.clean;

import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.Means;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** The rows of each identity, identities by rising label, rows by rising number. */
record Groups(int[] order, int[] starts, long[] labels) {
  static Groups of(Embeddings embeddings) {
    int n = embeddings.size();
    boolean sorted = true; // as every data set is: no box for each image
    for (int i = 1; sorted && i < n; i++) {
      sorted = embeddings.label(i - 1) <= embeddings.label(i);
    }
    IntStream rows = IntStream.range(0, n);
    int[] order =
        sorted
            ? rows.toArray()
            : rows.boxed()
                .sorted(Comparator.comparingLong(embeddings::label))
                .mapToInt(Integer::intValue)
                .toArray();
    int[] starts =
        IntStream.range(0, n)
            .filter(i -> i == 0 || embeddings.label(order[i]) != embeddings.label(order[i - 1]))
            .toArray();
    long[] labels = Arrays.stream(starts).mapToLong(s -> embeddings.label(order[s])).toArray();
    return new Groups(order, starts, labels);
  }

  int count() {
    return starts.length;
  }

  /** The unit mean of each identity; keeps this record's arrays. */
  Means means(Embeddings embeddings) {
    int[] bounds = Arrays.copyOf(starts, starts.length + 1);
    bounds[starts.length] = order.length;
    return Means.unit(embeddings, order, bounds, labels);
  }

  int[] rows(int group) {
    int to = group + 1 < starts.length ? starts[group + 1] : order.length;
    return Arrays.copyOfRange(order, starts[group], to);
  }
}
