package ffc.cli;

import ffc.runs.record.RunDirectory;
import ffc.runs.report.RunReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc report}. */
@Command(
    name = "report",
    description = {
      "Make the report page of a run anew, RUN/report.html, from what it has recorded so far: also"
          + " of one that was killed, that failed or that trains at this moment. Nothing else in the"
          + " run is changed.",
      ""
    },
    footer = {"", "Example:", "  ./ffc report runs/mine"},
    mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "Run directory, or a name that ffc runs lists")
  private Path run;

  @Override
  public Integer call() throws IOException {
    Path page = RunReport.writeOf(RunsCommand.find(RunDirectory.RUNS, run));
    spec.commandLine().getOut().println("report " + page);
    return 0;
  }
}
