package ffc.runs.search;

import ffc.loaders.data.Dataset;
import ffc.loaders.table.TextLines;
import ffc.loaders.tools.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What identities are called: by the list beside a pack that {@code data import}, {@code split},
 * {@code relabel} and {@code clean} write, elsewhere by the set itself.
 */
public final class LabelNames {
  private final Dataset data;
  private final String[] names;

  private LabelNames(Dataset data, String[] names) {
    this.data = data;
    this.names = names;
  }

  /**
   * Names of a set.
   *
   * @param paths parts of the set; a list counts only beside a single pack, and only if identities
   *     and numbers of images are those of the set
   */
  public static LabelNames of(Dataset data, List<Path> paths) {
    Path pack = paths.size() == 1 ? paths.get(0) : Path.of("");
    if (!pack.toString().endsWith(".rec") || !Files.isRegularFile(Split.labelsOf(pack))) {
      return new LabelNames(data, null);
    }
    List<String> lines = TextLines.all(Split.labelsOf(pack));
    if (lines.size() != data.identities() + 1 || !(lines.get(0) + "\n").equals(Split.LABELS)) {
      return new LabelNames(data, null);
    }
    String[] names = new String[lines.size() - 1];
    for (int label = 0; label < names.length; label++) {
      String[] fields = lines.get(label + 1).split("\t", -1);
      if (fields.length != 3
          || !fields[0].equals(Integer.toString(label))
          || !fields[2].equals(Long.toString(data.imageCount(label)))) {
        return new LabelNames(data, null);
      }
      names[label] = fields[1];
    }
    return new LabelNames(data, names);
  }

  /** The name of an identity. */
  public String of(long identity) {
    return names == null ? data.identityName(identity) : names[(int) identity];
  }
}
