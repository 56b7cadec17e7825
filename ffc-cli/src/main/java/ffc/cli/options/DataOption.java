package ffc.cli.options;

import ffc.eval.EvaluateConfig;
import ffc.loaders.VerificationSets;
import ffc.loaders.data.DataConfig;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The options that choose a set of images for a network. */
public final class DataOption {
  /** Formats that a network can be judged on, for help and completion. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return EvaluateConfig.formats().iterator();
    }
  }

  @Option(
      names = "--data",
      paramLabel = "PATH",
      required = true,
      description = "File or folder of the set")
  private String path;

  @Option(
      names = "--format",
      paramLabel = "F",
      completionCandidates = Names.class,
      description =
          "${COMPLETION-CANDIDATES}; told from the path if left out, a text file counts as a"
              + " manifest")
  private String given;

  /** File or folder of the set. */
  public String path() {
    return path;
  }

  /**
   * The format of the set, of pairs or labelled images.
   *
   * @throws IllegalArgumentException if there is no such format, or nothing at the path
   */
  public String format() {
    List<String> pairs = VerificationSets.formats();
    if (given != null && pairs.contains(given.toLowerCase(Locale.ROOT))) {
      return given.toLowerCase(Locale.ROOT);
    }
    return given == null && VerificationSets.formatAt(path).isPresent()
        ? VerificationSets.formatAt(path).get()
        : labelled(path);
  }

  /**
   * The set as labelled images.
   *
   * @throws IllegalArgumentException if it is one of pairs, or cannot be told
   */
  public DataConfig.Source images() {
    if (VerificationSets.formats().contains(format())) {
      throw new IllegalArgumentException(
          "--data %s: format %s holds pairs, wanted labelled images".formatted(path, format()));
    }
    return images(path);
  }

  /** Another set of labelled images: of the format that was given, or that its path tells. */
  public DataConfig.Source images(String other) {
    return new DataConfig.Source(labelled(other), other);
  }

  private String labelled(String other) {
    return FormatOption.of("--format", given, other);
  }
}
