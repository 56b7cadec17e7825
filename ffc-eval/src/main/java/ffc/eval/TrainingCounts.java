package ffc.eval;

import ffc.eval.embedding.Embeddings;
import ffc.loaders.data.Dataset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/**
 * How many images each identity of an evaluated set has in a training set. Identities are the same
 * if their names are; memory grows with the evaluated set only.
 */
public final class TrainingCounts {
  private TrainingCounts() {}

  /** What to know of the strata by a set, if its names do not say who an identity is. */
  public static Optional<String> doubt(Dataset training) {
    return training.identities() > 0 && training.identityName(0).equals("0")
        ? Optional.of(
            "identities of the training set have numbers for names: strata by it mean something"
                + " only if the evaluated set numbers the same identities alike")
        : Optional.empty();
  }

  /** The counts of a set's identities, by their number; 0 for those that were not trained on. */
  public static LongUnaryOperator of(Dataset training, Dataset evaluated) {
    Map<String, Long> names = new HashMap<>();
    for (long identity = 0; identity < evaluated.identities(); identity++) {
      names.put(evaluated.identityName(identity), identity);
    }
    return of(training, names);
  }

  /** As {@link #of(Dataset, Dataset)} for labels that are the names themselves, as numbers. */
  public static LongUnaryOperator of(Dataset training, Embeddings evaluated) {
    Map<String, Long> names = new HashMap<>();
    for (int row = 0; row < evaluated.size(); row++) {
      names.put(Long.toString(evaluated.label(row)), evaluated.label(row));
    }
    return of(training, names);
  }

  private static LongUnaryOperator of(Dataset training, Map<String, Long> names) {
    Map<Long, Long> counts = new HashMap<>();
    for (long identity = 0; identity < training.identities(); identity++) {
      Long evaluated = names.get(training.identityName(identity));
      if (evaluated != null) {
        counts.put(evaluated, (long) training.imageCount(identity));
      }
    }
    return identity -> counts.getOrDefault(identity, 0L);
  }
}
