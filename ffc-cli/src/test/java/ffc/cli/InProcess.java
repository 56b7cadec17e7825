package ffc.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/** A command line run in this JVM, for tests of other packages. */
public final class InProcess {
  /**
   * What came of a command.
   *
   * @param out what it printed
   * @param err its complaints
   */
  public record Outcome(int code, String out, String err) {}

  private InProcess() {}

  /** Runs {@code ffc} with the given arguments; exceptions that a user would see are thrown. */
  public static Outcome run(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = command.execute(arguments.toArray(String[]::new));
    return new Outcome(code, out.toString(), err.toString());
  }
}
