package ffc.cli.data;

import ffc.cli.options.Wanted;
import ffc.formats.WholeFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.Dataset;
import ffc.loaders.tools.DataStats;
import ffc.loaders.tools.StatsReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc data stats}. */
@Command(
    name = "stats",
    description =
        "Count identities, images, head, middle and tail, and image sizes, and what image folders"
            + " hold beside images. Exit 2 if a folder holds none.",
    footer = {"", "Example:", "  ./ffc data stats data/quickstart/train.rec"},
    mixinStandardHelpOptions = true)
final class StatsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the counts as JSON too")
  private Path json;

  @Option(names = "--plot", paramLabel = "FILE.svg", description = "Plot the histogram too")
  private Path plot;

  @Option(
      names = "--sample",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Images whose size is looked at (default ${DEFAULT-VALUE})")
  private long sample;

  @Override
  public Integer call() throws IOException {
    Wanted.atLeast("--sample", sample, 0);
    DataStats stats;
    List<String> notes = new ArrayList<>();
    List<String> faults = new ArrayList<>();
    try (Dataset data = DataSets.inspect(source.source(), faults::add);
        WorkProgress progress = new WorkProgress()) {
      stats = DataStats.of(data, sample, progress);
      notes.addAll(data.notes());
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(StatsReport.text(stats));
    notes.forEach(out::println);
    faults.forEach(out::println);
    if (json != null) {
      WholeFile.create(json, StatsReport.json(stats) + "\n");
    }
    if (plot != null) {
      WholeFile.create(plot, StatsReport.svg(stats));
    }
    return faults.isEmpty() ? 0 : DataCommand.BAD_DATA;
  }
}
