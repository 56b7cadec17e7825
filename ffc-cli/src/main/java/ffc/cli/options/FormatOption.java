package ffc.cli.options;

import ffc.loaders.format.DataFormats;
import java.util.Iterator;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The option that says the format of labelled images. */
public final class FormatOption {
  /** The names of the table, for help and completion. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return DataFormats.names().iterator();
    }
  }

  @Option(
      names = "--format",
      paramLabel = "F",
      completionCandidates = Names.class,
      description =
          "${COMPLETION-CANDIDATES}; told from the path if left out, a text file counts as a"
              + " manifest")
  private String given;

  /**
   * The format of a set: the one that was given, or what its path tells.
   *
   * @throws IllegalArgumentException if there is no such format, or nothing at the path
   */
  public String of(String path) {
    return of("--format", given, path);
  }

  /** As {@link #of(String)}, with the value of an option of another name, or null. */
  public static String of(String option, String given, String path) {
    if (given == null) {
      return DataFormats.at(path).name();
    }
    String name = given.toLowerCase(Locale.ROOT);
    if (!DataFormats.known(name)) {
      throw new IllegalArgumentException(
          "%s: got %s, wanted one of %s%s"
              .formatted(
                  option, given, String.join(", ", DataFormats.names()), DataFormats.others()));
    }
    return name;
  }
}
