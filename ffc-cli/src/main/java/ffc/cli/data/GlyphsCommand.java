package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.cli.options.ThreadsOption;
import ffc.cli.options.Wanted;
import ffc.loaders.tools.Glyphs;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc data glyphs}. */
@Command(
    name = "glyphs",
    description = {
      "Draw a long-tailed set from fonts: an identity is a character, its images are the designs"
          + " of different fonts.",
      ""
    },
    footer = {"", "Example:", "  ./ffc data glyphs --fonts /usr/share/fonts --out glyphs"},
    mixinStandardHelpOptions = true)
final class GlyphsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--fonts",
      paramLabel = "DIR",
      arity = "1..*",
      description = "Folders searched for fonts (default /usr/share/fonts)")
  private List<Path> fonts = List.of(Path.of("/usr/share/fonts"));

  @Mixin private OutOption.Folder out;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "32",
      description = "Height and width (default ${DEFAULT-VALUE})")
  private int size;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "0",
      description = "Most characters, chosen evenly; 0 = all (default)")
  private int limit;

  @Mixin private ThreadsOption workers;

  @Override
  public Integer call() {
    Wanted.atLeast("--size", size, 1);
    Wanted.atLeast("--limit", limit, 0);
    int threads = workers.threads();
    String report;
    try (WorkProgress progress = new WorkProgress()) {
      report = Glyphs.run(fonts, size, limit, threads, out.path(), progress);
    }
    spec.commandLine().getOut().print(report);
    return 0;
  }
}
