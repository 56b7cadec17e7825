package ffc.cli;

import ffc.cli.data.WorkProgress;
import ffc.cli.options.FormatOption;
import ffc.cli.options.OutOption;
import ffc.formats.WholeFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.runs.init.FirstExperiment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc init}. */
@Command(
    name = "init",
    description = {
      "Write a first experiment for a set: network, batch, slots, steps and schedule chosen by what"
          + " the set and this machine are, with the reasons as comments and the memory it takes."
          + " A pack open.rec beside train.rec, as data split writes it, becomes the evaluation.",
      ""
    },
    footer = {"", "Example:", "  ./ffc init data/quickstart/train.rec --out mine.yaml"},
    mixinStandardHelpOptions = true)
final class InitCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "SOURCE",
      description = "What to train on: a pack, folder, LMDB or list, images of any size")
  private String source;

  @Mixin private FormatOption format;

  @ArgGroup(exclusive = false)
  private OutOption.NewFile out;

  @Override
  public Integer call() {
    DataConfig.Source set = new DataConfig.Source(format.of(source), source);
    String name = name();
    Path file = out == null ? Path.of(name + ".yaml") : out.path(".yaml", ".yml");
    if (Files.exists(file)) {
      throw new IllegalArgumentException(
          file + ": exists already; remove it or choose another name with --out");
    }
    FirstExperiment experiment;
    try (Dataset data = DataSets.open(set);
        WorkProgress progress = new WorkProgress()) {
      experiment = FirstExperiment.of(name, set, data, evaluation(), progress);
    }
    WholeFile.create(file, experiment.yaml());
    experiment.summary().forEach(spec.commandLine().getOut()::println);
    spec.commandLine().getOut().println("wrote " + file + "; next: ./ffc train " + file);
    return 0;
  }

  /** Of the set: its folder's name if it is a train.rec, as most packs are called. */
  private String name() {
    Path path = Path.of(source.split(",", -1)[0].strip()).toAbsolutePath().normalize();
    String file = path.getFileName() == null ? "" : path.getFileName().toString();
    Path folder = path.getParent();
    String text =
        file.matches("train\\..*") && folder != null && folder.getFileName() != null
            ? folder.getFileName().toString()
            : file.replaceAll("\\.(rec|txt|tsv|lst)$", "");
    String name = text.replaceAll("[^A-Za-z0-9._-]+", "-").replaceAll("^[^A-Za-z0-9]+", "");
    return name.isEmpty() ? "first" : name;
  }

  private String evaluation() {
    if (!source.endsWith("train.rec")) {
      return null;
    }
    String open = source.substring(0, source.length() - "train.rec".length()) + "open.rec";
    return Files.isRegularFile(Path.of(open)) ? open : null;
  }
}
