package ffc.cli;

import ffc.cli.options.SetOption;
import ffc.runs.compare.ComparisonReader;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.ConfigSchema;
import ffc.runs.experiment.Experiment;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc config}: checks experiment files and prints their schema. */
@Command(
    name = "config",
    description = "Check experiment files, print their JSON schema.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand {
  @Spec private CommandSpec spec;

  @Command(
      description =
          "Check experiments and comparisons: every mistake at once, with line and column.",
      footer = {"", "Example:", "  ./ffc config check configs/quickstart.yaml"},
      mixinStandardHelpOptions = true)
  int check(
      @Parameters(
              paramLabel = "FILE",
              arity = "1..*",
              description = "Experiment or comparison files")
          List<Path> files,
      @Mixin SetOption set,
      @Option(
              names = "--no-files",
              description = "Do not ask whether the data that they name are on this machine")
          boolean noFiles) {
    ConfigLoader loader = new ConfigLoader();
    List<String> mistakes = new ArrayList<>();
    PrintWriter out = spec.commandLine().getOut();
    for (Path file : files) {
      try {
        if (ComparisonReader.isComparison(file)) {
          if (!set.settings().isEmpty()) {
            throw new IllegalArgumentException(
                file + " is a comparison, and --set is for experiments; leave it away");
          }
          out.println(file + ": ok (" + ComparisonReader.check(file, !noFiles) + ")");
          continue;
        }
        Experiment experiment = loader.load(file, set.settings(), !noFiles);
        out.println(file + ": ok (" + experiment.name() + ")");
      } catch (IllegalArgumentException e) {
        mistakes.add(e.getMessage());
      }
    }
    out.flush();
    if (!mistakes.isEmpty()) {
      mistakes.forEach(spec.commandLine().getErr()::println);
      return Main.BAD_INPUT;
    }
    return 0;
  }

  @Command(
      description = "Print the JSON schema of experiment files, for editors.",
      footer = {"", "Example:", "  ./ffc config schema > ffc.schema.json"},
      mixinStandardHelpOptions = true)
  void schema() {
    spec.commandLine().getOut().println(ConfigSchema.generate().toPrettyString());
  }
}
