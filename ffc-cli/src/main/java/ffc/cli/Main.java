package ffc.cli;

import ffc.cli.data.DataCommand;
import ffc.cli.network.ClusterCommand;
import ffc.cli.network.EmbedCommand;
import ffc.cli.network.ExportCommand;
import ffc.cli.network.ImportCommand;
import ffc.cli.network.SearchCommand;
import ffc.cli.options.Outputs;
import ffc.cli.options.UsageMistake;
import ffc.cli.pack.PackCommand;
import ffc.engine.NativeMemory;
import ffc.runs.experiment.Secrets;
import ffc.runs.train.RunFailure;
import ffc.runs.train.Surroundings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * The program {@code ffc}. Exit codes: 0 done, 1 failed, 2 bad input (a config, data, a checkpoint
 * or the command line itself).
 */
@Command(
    name = "ffc",
    description = "Train recognition models over very many identities.",
    footer = {"", "Example:", "  ./ffc train configs/quickstart.yaml"},
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      InitCommand.class,
      TrainCommand.class,
      EvalCommand.class,
      EmbedCommand.class,
      SearchCommand.class,
      ClusterCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      RunsCommand.class,
      ReportCommand.class,
      MemberCommand.class,
      PlanCommand.class,
      DataCommand.class,
      CompareCommand.class,
      ConfigCommand.class,
      DoctorCommand.class,
      PackCommand.class,
      CompletionCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class Main {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;

  private static String[] typed = {};

  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    // Some locales have digits of their own: files and figures would carry names and numbers that
    // no other part of the program reads.
    Locale.setDefault(Locale.ROOT);
    typed = args.clone();
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> end(failure));
    int code;
    try {
      CommandLine command = commandLine();
      code = command.execute(args);
      command.getOut().flush(); // its print() does not flush, println() does
    } catch (Throwable e) { // whatever it is, a user sees one line
      end(e);
      return;
    }
    System.out.flush();
    System.exit(code);
  }

  /** Ends the JVM on a failure that nothing else has dealt with, perhaps for want of memory. */
  private static void end(Throwable failure) {
    try {
      if (System.getenv("FFC_DEBUG") != null) {
        failure.printStackTrace();
      }
      System.err.println("ffc: " + inOneLine(failure));
    } finally {
      Runtime.getRuntime().halt(FAILED); // exit() would wait for the thread that has failed
    }
  }

  /** What was typed, for manifests; without the cluster's secret. */
  static String commandLineText() {
    return Secrets.redact("ffc " + String.join(" ", typed));
  }

  /** The commands, for {@link #main} and for tests. */
  public static CommandLine commandLine() {
    return new CommandLine(new Main())
        .registerConverter(Path.class, Main::localPath)
        .setParameterExceptionHandler(Main::tell)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(100) // examples are to be copied: none may be wrapped
        .setExecutionStrategy(
            parsed -> {
              refuseEmpty(parsed);
              tellOfSetTwice(parsed);
              try {
                Outputs.check(parsed);
              } catch (IllegalArgumentException e) {
                throw new CommandLine.ExecutionException(
                    parsed.commandSpec().commandLine(), e.getMessage(), e);
              }
              return new CommandLine.RunLast().execute(parsed);
            })
        .setExecutionExceptionHandler((failure, line, parsed) -> report(failure, line.getErr()));
  }

  /** A path of this machine. Java would take an address for one, without its second slash. */
  private static Path localPath(String text) {
    if (text.contains("://")) {
      throw new TypeConversionException("an address");
    }
    return Path.of(text);
  }

  /** One line; a bare {@code ./ffc} is a wish for help. */
  private static int tell(ParameterException mistake, String[] args) {
    CommandLine command = mistake.getCommandLine();
    if (args.length == 0) {
      command.usage(command.getErr());
    } else {
      command.getErr().println(UsageMistake.line(mistake, args));
    }
    return BAD_INPUT;
  }

  /**
   * An empty text stands for a variable that is not set; as a path it would be the current folder.
   */
  private static void refuseEmpty(CommandLine.ParseResult parsed) {
    for (ArgSpec argument : parsed.matchedArgs()) {
      if (argument.originalStringValues().stream().anyMatch(String::isBlank)) {
        String name =
            argument instanceof CommandLine.Model.OptionSpec option
                ? option.longestName()
                : argument.paramLabel();
        throw new ParameterException(
            parsed.commandSpec().commandLine(),
            name + ": got an empty text; is a variable in the command not set?");
      }
    }
    parsed.subcommands().forEach(Main::refuseEmpty);
  }

  /** The last value counts, which may be a slip in a long command: it is said. */
  private static void tellOfSetTwice(CommandLine.ParseResult parsed) {
    if (parsed.hasMatchedOption("--set")) {
      Map<String, String> given = new HashMap<>();
      for (String text : parsed.matchedOption("--set").originalStringValues()) {
        String[] parts = text.split("=", 2);
        String value = parts.length == 2 ? parts[1] : "";
        String before = given.put(parts[0].strip(), value);
        if (before != null && !before.equals(value)) {
          PrintWriter err = parsed.commandSpec().commandLine().getErr();
          err.println(
              "--set %s: given twice, \"%s\" and \"%s\"; the last one counts"
                  .formatted(parts[0].strip(), before, value)
                  .replaceAll("[\\p{Cntrl}]", "?"));
          err.flush();
        }
      }
    }
    parsed.subcommands().forEach(Main::tellOfSetTwice);
  }

  /** Bad input is one line; anything else names the failure and where its stack trace is. */
  private static int report(Exception failure, PrintWriter err) {
    if (System.getenv("FFC_DEBUG") != null) {
      failure.printStackTrace(err);
    }
    if (failure instanceof IllegalArgumentException) {
      // What a damaged file holds must not reach a terminal. Lines stay: mistakes have one each.
      err.println(failure.getMessage().replaceAll("[\\p{Cntrl}&&[^\t\n]]", "?"));
      return BAD_INPUT;
    }
    err.println(
        "ffc: " + (failure instanceof RunFailure ? failure.getMessage() : inOneLine(failure)));
    return FAILED;
  }

  private static String inOneLine(Throwable failure) {
    return NativeMemory.shortage(failure)
        .or(() -> Surroundings.refusal(failure))
        .orElseGet(() -> failure + " (FFC_DEBUG=1 prints the stack trace)")
        .replaceAll("\\s*\\R\\s*", " ");
  }
}
