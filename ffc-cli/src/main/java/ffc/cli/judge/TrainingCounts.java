package ffc.cli.judge;

import ffc.loaders.DataConfig;
import ffc.loaders.Dataset;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;

/** How many images each identity has in a training set, looked up by the identity's name. */
public final class TrainingCounts {
  private TrainingCounts() {}

  /**
   * Reads the counts.
   *
   * @param source the training set
   * @param name name of an identity of the evaluated set
   */
  public static LongUnaryOperator of(DataConfig.Source source, LongFunction<String> name) {
    Map<String, Long> counts = new HashMap<>();
    try (Dataset set = Dataset.open(source)) {
      for (long identity = 0; identity < set.identities(); identity++) {
        counts.put(set.identityName(identity), set.imageCount(identity));
      }
    }
    return identity -> counts.getOrDefault(name.apply(identity), 0L);
  }
}
