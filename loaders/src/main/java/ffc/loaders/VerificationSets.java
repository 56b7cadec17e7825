package ffc.loaders;

import ffc.loaders.data.VerificationSet;
import ffc.loaders.pairs.BinPairs;
import ffc.loaders.pairs.ListedPairs;
import java.nio.file.Path;

/** Opens sets of pairs by format. */
public final class VerificationSets {
  private VerificationSets() {}

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
   * @param format {@code bin} or {@code pairs}
   */
  public static VerificationSet open(String format, Path path) {
    return switch (format) {
      case "bin" -> openBin(path);
      case "pairs" -> openPairs(path);
      default ->
          throw new IllegalArgumentException(
              path + ": format " + format + " holds no pairs, wanted bin or pairs");
    };
  }
}
