package ffc.loaders;

import ffc.loaders.data.VerificationSet;
import ffc.loaders.format.FileKind;
import ffc.loaders.pairs.BinPairs;
import ffc.loaders.pairs.ListedPairs;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Opens sets of pairs by format. */
public final class VerificationSets {
  private static final Map<String, Function<Path, VerificationSet>> TABLE = new LinkedHashMap<>();

  static {
    TABLE.put("bin", VerificationSets::openBin);
    TABLE.put("pairs", VerificationSets::openPairs);
  }

  private VerificationSets() {}

  /** Names of the formats of pairs. */
  public static List<String> formats() {
    return List.copyOf(TABLE.keySet());
  }

  /** The format of pairs that a path tells; a list of pairs looks like any text. */
  public static Optional<String> formatAt(String path) {
    return path.endsWith(".bin") ? Optional.of("bin") : Optional.empty();
  }

  /** Opens an InsightFace {@code .bin} file: a Python pickle of (images, same flags). */
  public static VerificationSet openBin(Path file) {
    return BinPairs.open(file);
  }

  /**
   * Opens a list of {@code pathA pathB 0|1} lines.
   *
   * @param list text file; blank lines and lines that begin with # are left out
   * @param folder what the paths are relative to
   */
  public static VerificationSet openPairs(Path list, Path folder) {
    return ListedPairs.open(list, folder);
  }

  /** Opens a list of pairs with paths relative to the list's own folder. */
  public static VerificationSet openPairs(Path list) {
    return openPairs(list, list.toAbsolutePath().getParent());
  }

  /**
   * Opens a verification set by format.
   *
   * @param format one of {@link #formats}
   */
  public static VerificationSet open(String format, Path path) {
    Function<Path, VerificationSet> opener = TABLE.get(format);
    if (opener == null) {
      throw new IllegalArgumentException(
          "%s: format %s holds no pairs, wanted %s"
              .formatted(path, format, String.join(" or ", formats())));
    }
    FileKind.refuseForeign(path, "pairs of format " + format);
    return opener.apply(path);
  }
}
