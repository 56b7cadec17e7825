package ffc.cli.data;

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
      "Read and decode every image and list all faults with their places. Exit 1 if there are any.",
      ""
    },
    footer = {"", "Example:", "  ./ffc data verify data/quickstart/open.rec"},
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      description = "Height and width that every image must have, such as 112x112")
  private String size;

  @Option(names = "--threads", paramLabel = "N", description = "Threads (default: all cores)")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() {
    DataVerify.Report report;
    try (WorkProgress progress = new WorkProgress()) {
      report =
          DataVerify.run(
              source.source(), size == null ? null : shape(size), Math.max(1, threads), progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    report.faults().forEach(out::println);
    report.notes().forEach(out::println);
    out.printf("%,d images read, %,d fault(s)%n", report.records(), report.faults().size());
    return report.sound() ? 0 : 1;
  }

  static ImageShape shape(String text) {
    if (!text.matches("\\d{1,5}x\\d{1,5}")) {
      throw new IllegalArgumentException("--size is \"" + text + "\", wanted such as 112x112");
    }
    String[] sides = text.split("x", -1);
    return new ImageShape(3, Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
  }
}
