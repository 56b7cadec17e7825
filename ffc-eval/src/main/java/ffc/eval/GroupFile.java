package ffc.eval;

import ffc.eval.embedding.Embeddings;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Dataset;
import ffc.loaders.table.TextLines;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.LongFunction;

/** A file of lines {@code identity<TAB>group} that says which group an identity belongs to. */
public final class GroupFile {
  private static final int MOST_GROUPS = 1000;

  private final Path file;
  private final Map<String, String> groups = new HashMap<>();

  private GroupFile(Path file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @throws BadDataException if a line is not of this kind, gives an identity a second group, or
   *     there are no groups or more than 1,000
   */
  public static GroupFile read(Path file) {
    GroupFile read = new GroupFile(file);
    List<String> lines = TextLines.all(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isBlank()) {
        continue;
      }
      int tab = line.indexOf('\t');
      String group = line.substring(tab + 1).strip();
      if (tab < 1 || group.isEmpty()) {
        throw new BadDataException(
            "%s line %d: got '%s', wanted an identity, a tab and its group"
                .formatted(file, i + 1, line));
      }
      String before = read.groups.put(line.substring(0, tab), group);
      if (before != null && !before.equals(group)) {
        throw new BadDataException(
            "%s line %d: identity %s is in group %s and in group %s, wanted one"
                .formatted(file, i + 1, line.substring(0, tab), before, group));
      }
    }
    int different = new TreeSet<>(read.groups.values()).size();
    if (different == 0 || different > MOST_GROUPS) {
      throw new BadDataException(
          "%s: got %,d groups, wanted 1 to %,d; lines are identity, tab, group"
              .formatted(file, different, MOST_GROUPS));
    }
    return read;
  }

  /** Groups by the numbers of a set's identities, which the file names as the set does. */
  public LongFunction<String> of(Dataset set) {
    return known(
        identity -> groups.get(set.identityName(identity)), set.identities(), set.identityName(0));
  }

  /** Groups by labels, which the file writes as numbers. */
  public LongFunction<String> of(Embeddings rows) {
    LongFunction<String> groupOf = label -> groups.get(Long.toString(label));
    for (int row = 0; row < rows.size(); row++) {
      if (groupOf.apply(rows.label(row)) != null) {
        return groupOf;
      }
    }
    throw none("label " + (rows.size() == 0 ? "" : rows.label(0)));
  }

  private LongFunction<String> known(LongFunction<String> groupOf, long identities, String first) {
    for (long identity = 0; identity < identities; identity++) {
      if (groupOf.apply(identity) != null) {
        return groupOf;
      }
    }
    throw none("identity " + first);
  }

  private BadDataException none(String example) {
    return new BadDataException(
        file
            + ": names none of the set's identities; wanted their names as the set has them, such"
            + " as "
            + example);
  }
}
