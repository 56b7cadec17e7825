package ffc.runs.plan;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.source.Sources;
import ffc.loaders.source.Synthetic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The number of identities of a training set, read off as little as possible. */
public final class ClassCount {
  private ClassCount() {}

  /**
   * A number of classes as it is given to {@code ffc plan}; 1e8 is one way to write it.
   *
   * @throws IllegalArgumentException if it is none, or above 2^40
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
        "--classes " + text + ": wanted a whole number up to 2^40, such as 360232 or 1e8");
  }

  /**
   * The identities of a set: by its description, its {@code property} file, or its index.
   *
   * @throws IllegalArgumentException if the set is not on this machine
   */
  public static long of(DataConfig.Source source) {
    List<Path> files = Sources.files(source);
    Path path = files.get(0);
    if (source.format() == DataConfig.Format.synthetic && !Files.isDirectory(path)) {
      return Synthetic.parse(source.text()).identities();
    }
    if (source.format() == DataConfig.Format.recordio
        && files.size() == 1
        && source.labels() == DataConfig.Labels.dense
        && !Files.isDirectory(path)) {
      String stem = path.getFileName().toString().replaceFirst("\\.rec$", "");
      for (String name : new String[] {stem + ".property", "property"}) {
        Path property = path.resolveSibling(name);
        if (Files.isRegularFile(property)) {
          return property(property);
        }
      }
    }
    if (source.format() == DataConfig.Format.recordio && Files.isDirectory(path)) {
      throw new IllegalArgumentException(
          "data.train.path: " + path + " is a folder, wanted a .rec file for format recordio");
    }
    if (!Files.exists(path)) {
      throw new IllegalArgumentException(
          "data.train.path: "
              + path
              + " is not on this machine; give the number of identities with --classes");
    }
    try (Dataset dataset = DataSets.open(source)) {
      return dataset.identities();
    }
  }

  private static long property(Path path) {
    try {
      String text = new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1).strip();
      String first = text.split(",", 2)[0].strip();
      if (first.matches("[0-9]{1,18}")) {
        return Long.parseLong(first);
      }
      throw new IllegalArgumentException(
          path + ": wanted one line \"classes,height,width\"; give --classes instead");
    } catch (IOException e) {
      throw new IllegalArgumentException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
