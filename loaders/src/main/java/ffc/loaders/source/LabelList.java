package ffc.loaders.source;

import ffc.loaders.table.IdentityTable;
import ffc.loaders.table.MappedFile;
import ffc.loaders.table.TextLines;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The list {@code x.labels.tsv} beside a pack {@code x.rec}, which says what its labels are called:
 * lines {@code label<TAB>identity<TAB>images} from label 0 on, behind a head.
 */
public final class LabelList {
  /** The first line of a list. */
  public static final String HEAD = "label\tidentity\timages\n";

  /** Names of more identities are left in the file. */
  private static final int MOST = 4_000_000;

  private static final int LONGEST_LINE = 1 << 16;

  private LabelList() {}

  /** Where the list of a pack is. */
  public static Path of(Path rec) {
    String name = rec.getFileName().toString();
    return rec.resolveSibling(name.substring(0, name.length() - 4) + ".labels.tsv");
  }

  /**
   * Names by label.
   *
   * @param identities of the pack
   * @return empty without a list, and if labels or numbers of images are not those of the pack
   */
  static String[] read(Path rec, IdentityTable identities) {
    String[] none = {};
    if (!rec.toString().endsWith(".rec")
        || identities.identities() > MOST
        || !Files.isRegularFile(of(rec))) {
      return none;
    }
    TextLines lines = new TextLines(MappedFile.open(of(rec)), 0, LONGEST_LINE);
    if (!lines.next() || !(lines.text() + "\n").equals(HEAD)) {
      return none;
    }
    String[] names = new String[(int) identities.identities()];
    for (int label = 0; lines.next(); label++) {
      String[] fields = lines.text().split("\t", -1);
      if (label == names.length
          || fields.length != 3
          || !fields[0].equals(Integer.toString(label))
          || !fields[2].equals(
              Long.toString(identities.firstImage(label + 1) - identities.firstImage(label)))) {
        return none;
      }
      names[label] = fields[1];
    }
    return Arrays.asList(names).contains(null) ? none : names;
  }
}
