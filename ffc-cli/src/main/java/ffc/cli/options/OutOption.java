package ffc.cli.options;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * The option that says where a command writes. As a group of its own ({@code @ArgGroup}) it may be
 * left out.
 */
public final class OutOption {
  private OutOption() {}

  /** A folder. */
  public static final class Folder {
    @Option(
        names = "--out",
        paramLabel = "DIR",
        required = true,
        description = "Folder to write into")
    private Path path;

    /** As it was typed. */
    public Path path() {
      return path;
    }
  }

  /** A folder of results, by default one below {@code runs}. */
  public static final class Results {
    @Option(
        names = "--out",
        paramLabel = "DIR",
        description = "Folder to write into (default: one of the experiment's name below runs)")
    private Path path;

    /** As it was typed, or null. */
    public Path path() {
      return path;
    }
  }

  /** A file that people change by hand, which is not written over. */
  public static final class NewFile {
    @Option(
        names = "--out",
        paramLabel = "FILE",
        required = true,
        description = "File to write, where none is")
    private Path path;

    /** As {@link File#path(String...)}. */
    public Path path(String... endings) {
      return endsIn(path, endings);
    }
  }

  /** A file, which takes the place of one that is there. */
  public static final class File {
    @Option(
        names = "--out",
        paramLabel = "FILE",
        required = true,
        description = "File to write; one that is there is replaced when the new one is whole")
    private Path path;

    /** As it was typed. */
    public Path path() {
      return path;
    }

    /**
     * The file, whose name says what is written.
     *
     * @param endings that the name may have
     * @throws IllegalArgumentException if it has another
     */
    public Path path(String... endings) {
      return endsIn(path, endings);
    }
  }

  private static Path endsIn(Path path, String... endings) {
    if (List.of(endings).stream().noneMatch(path.toString()::endsWith)) {
      throw new IllegalArgumentException(
          "--out %s: wanted a name that ends in %s".formatted(path, String.join(" or ", endings)));
    }
    return path;
  }
}
