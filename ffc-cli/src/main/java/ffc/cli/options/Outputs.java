package ffc.cli.options;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Judges the places that a command line names for results, before any work is done for them.
 * Folders above them may be missing, the command makes those.
 */
public final class Outputs {
  /** The options whose value is a file or folder to be written. */
  public static final Set<String> OPTIONS =
      Set.of("--out", "--json", "--plot", "--report", "--cache");

  private Outputs() {}

  /**
   * Refuses places that nothing can be written to.
   *
   * @throws IllegalArgumentException with option, place and reason
   */
  public static void check(ParseResult parsed) {
    for (ArgSpec argument : parsed.matchedArgs()) {
      if (argument instanceof OptionSpec option
          && OPTIONS.contains(option.longestName())
          && option.getValue() instanceof Path place) {
        check(option.longestName() + " " + place, place, option.paramLabel().startsWith("DIR"));
      }
    }
    parsed.subcommands().forEach(Outputs::check);
  }

  private static void check(String what, Path place, boolean folder) {
    if (Files.exists(place) && Files.isDirectory(place) != folder) {
      throw new IllegalArgumentException(
          what + (folder ? ": is a file, wanted a folder" : ": is a folder, wanted a file"));
    }
    Path there = place.toAbsolutePath();
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    Path above = there.equals(place.toAbsolutePath()) && !folder ? there.getParent() : there;
    if (!Files.isDirectory(above)) {
      throw new IllegalArgumentException(what + ": " + above + " is a file, wanted a folder");
    }
    if (!Files.isWritable(above)) {
      throw new IllegalArgumentException(
          what + ": " + above + " may not be written to; choose another place");
    }
  }
}
