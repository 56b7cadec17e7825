package ffc.cli.data;

import ffc.cli.options.ThreadsOption;
import ffc.loaders.data.Counted;
import ffc.loaders.data.ImageShape;
import ffc.loaders.tools.DataVerify;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc data verify}. */
@Command(
    name = "verify",
    description = {
      "Read and decode every image and list all faults with their places. Exit 2 if there are any.",
      ""
    },
    footer = {"", "Example:", "  ./ffc data verify data/quickstart/open.rec"},
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      description = "Size that every image must have, or HxW, such as 112x96")
  private String size;

  @Mixin private ThreadsOption workers;

  @Override
  public Integer call() {
    ImageShape wanted = size == null ? null : ImageSizes.parse("--size", size);
    int threads = workers.threads();
    DataVerify.Report report;
    try (WorkProgress progress = new WorkProgress()) {
      report = DataVerify.run(source.source(), wanted, threads, progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    report.faults().forEach(out::println);
    report.notes().forEach(out::println);
    out.printf(
        "%s read, %s%n",
        Counted.of(report.records(), "image"), Counted.of(report.faults().size(), "fault"));
    return report.sound() ? 0 : DataCommand.BAD_DATA;
  }
}
