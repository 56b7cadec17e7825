package ffc.cli;

import ffc.cli.doctor.Finding;
import ffc.cli.doctor.Machine;
import ffc.engine.Gpus;
import ffc.runs.record.Build;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ffc doctor}. */
@Command(
    name = "doctor",
    description = "Look at the machine: engine, PyTorch, GPUs, memory, and what to do about them.",
    footer = {
      "",
      "ok: as it should be. note: a training runs, but something could be better.",
      "TODO: what stops a training; exit code 1.",
      "",
      "Example:",
      "  ./ffc doctor"
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.println("ok    program     ffc " + Build.version());
    List<Finding> found = new Machine(System.getenv(), new Gpus()).look();
    for (Finding finding : found) {
      String level = finding.level() == Finding.Level.todo ? "TODO" : finding.level().name();
      out.printf("%-5s %-11s %s%n", level, finding.subject(), finding.text());
    }
    return code(found);
  }

  /** Whether a training would run. */
  static int code(List<Finding> found) {
    return found.stream().anyMatch(finding -> finding.level() == Finding.Level.todo)
        ? Main.FAILED
        : 0;
  }
}
