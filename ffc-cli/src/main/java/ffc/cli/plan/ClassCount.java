package ffc.cli.plan;

import ffc.loaders.DataConfig;
import ffc.loaders.Dataset;
import ffc.loaders.format.Datasets;
import ffc.loaders.format.Synthetic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The number of identities of a training set, read off as little as possible. */
public final class ClassCount {
  private ClassCount() {}

  /**
   * The identities of a set: by its description, its {@code property} file, or its index.
   *
   * @throws IllegalArgumentException if the set is not on this machine
   */
  public static long of(DataConfig.Source source) {
    List<Path> files = Datasets.files(source);
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
    try (Dataset dataset = Dataset.open(source)) {
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
