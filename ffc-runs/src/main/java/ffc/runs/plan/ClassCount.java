package ffc.runs.plan;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormats;
import java.nio.file.Files;
import java.util.OptionalLong;

/** The number of identities of a training set, read off as little as possible. */
public final class ClassCount {
  private ClassCount() {}

  /**
   * A number of classes as it is given to {@code ffc plan}; 1e8 is one way to write it.
   *
   * @throws IllegalArgumentException if it is none, below 1 or above 2^40
   */
  public static long parse(String text) {
    try {
      double value = Double.parseDouble(text.replace("_", "").replace(",", ""));
      if (value >= 1 && value <= MemoryPlan.MOST_CLASSES && value == Math.rint(value)) {
        return (long) value;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new IllegalArgumentException(
        "--classes " + text + ": wanted a whole number from 1 to 2^40, such as 360232 or 1e8");
  }

  /**
   * The identities of a set: by its description, its {@code property} file, or its index.
   *
   * @throws IllegalArgumentException if the set is not on this machine
   */
  public static long of(DataConfig.Source source) {
    return find(source)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "data.train.path: "
                        + source.text()
                        + " is not on this machine; give the number of identities with --classes"));
  }

  /** The same; empty if the set is not on this machine. */
  public static OptionalLong find(DataConfig.Source source) {
    OptionalLong written = DataFormats.of(source.format()).identities(source);
    if (written.isPresent()) {
      return written;
    }
    if (!DataFormats.files(source).stream().allMatch(Files::exists)) {
      return OptionalLong.empty();
    }
    try (Dataset dataset = DataSets.open(source)) {
      return OptionalLong.of(dataset.identities());
    }
  }
}
