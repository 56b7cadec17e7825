package ffc.cli;

import ffc.cli.doctor.Finding;
import ffc.cli.doctor.Machine;
import ffc.engine.Gpus;
import ffc.runs.record.Build;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ffc doctor}. */
@Command(
    name = "doctor",
    description = "Look at the machine: engine, PyTorch, GPUs, memory, and what to do about them.",
    footer = {"", "Exit code 1 if something is to be done.", "", "Example:", "  ./ffc doctor"},
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.println("ok    program     ffc " + Build.version());
    boolean sound = true;
    for (Finding finding : new Machine(System.getenv(), new Gpus()).look()) {
      out.printf(
          "%-5s %-11s %s%n", finding.sound() ? "ok" : "TODO", finding.subject(), finding.text());
      sound &= finding.sound();
    }
    return sound ? 0 : Main.FAILED;
  }
}
