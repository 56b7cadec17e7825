package ffc.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The program {@code ffc}. Exit codes: 0 done, 1 failed, 2 bad input (a config, data, a checkpoint
 * or the command line itself).
 */
@Command(
    name = "ffc",
    description = "Train recognition models over very many identities.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {ConfigCommand.class},
    synopsisSubcommandLabel = "COMMAND")
public final class Main {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;

  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The commands, for {@link #main} and for tests. */
  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((failure, line, parsed) -> report(failure, line.getErr()));
  }

  /** Bad input is one line; anything else names the failure, and its trace goes to the log. */
  private static int report(Exception failure, PrintWriter err) {
    if (failure instanceof IllegalArgumentException) {
      err.println(failure.getMessage());
      return BAD_INPUT;
    }
    err.println("ffc failed: " + failure + " (FFC_DEBUG=1 prints the stack trace)");
    if (System.getenv("FFC_DEBUG") != null) {
      failure.printStackTrace(err);
    }
    return FAILED;
  }
}
