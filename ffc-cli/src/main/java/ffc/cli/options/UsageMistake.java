package ffc.cli.options;

import static java.util.stream.Collectors.joining;

import ffc.runs.experiment.ConfigSchema;
import ffc.runs.experiment.Nearest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.MaxValuesExceededException;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Tells a mistake of the command line itself: in one line, what it is, what was got and wanted, the
 * name that was probably meant, and where the help is.
 */
public final class UsageMistake {
  private UsageMistake() {}

  /**
   * The line.
   *
   * @param typed the whole command line
   */
  public static String line(ParameterException mistake, String... typed) {
    CommandLine command = mistake.getCommandLine();
    return "%s (try ./%s --help)"
        .formatted(
            told(mistake, command, List.of(typed)).replaceAll("[\\p{Cntrl}]", "?"),
            command.getCommandSpec().qualifiedName());
  }

  private static String told(ParameterException mistake, CommandLine command, List<String> typed) {
    // A slip in the name of an option that must be there is called missing otherwise.
    Optional<String> unknown =
        command.getUnmatchedArguments().stream().filter(word -> word.matches("-.*")).findFirst();
    if (unknown.isPresent()) {
      return unknownOption(unknown.get().replaceFirst("(?s)=.*", ""), command);
    }
    if (mistake instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched.getUnmatched().get(0), command);
    }
    if (mistake instanceof MissingParameterException missing) {
      return missing(missing, typed);
    }
    if (mistake instanceof OverwrittenOptionException again) {
      return name(again.getOverwritten()) + ": given twice, wanted once";
    }
    if (mistake instanceof MaxValuesExceededException) { // as picocli has it within a group
      Optional<String> again = twice(command, typed);
      if (again.isPresent()) {
        return again.get() + ": given twice, wanted once";
      }
    }
    if (mistake.getArgSpec() != null && mistake.getValue() != null) {
      return "%s: got \"%s\", wanted %s"
          .formatted(
              name(mistake.getArgSpec()),
              mistake.getValue(),
              wanted(mistake.getArgSpec().type(), mistake.getValue()));
    }
    if (!command.getSubcommands().isEmpty() && !(command.getCommand() instanceof Callable)) {
      return "missing COMMAND, wanted one of " + String.join(", ", commands(command));
    }
    return mistake.getMessage();
  }

  /** The first option that was typed more than once. */
  private static Optional<String> twice(CommandLine command, List<String> typed) {
    List<String> words = typed.stream().map(word -> word.replaceFirst("(?s)=.*", "")).toList();
    return command.getCommandSpec().options().stream()
        .filter(option -> words.stream().filter(List.of(option.names())::contains).count() > 1)
        .map(UsageMistake::name)
        .findFirst();
  }

  private static String unknownOption(String typed, CommandLine command) {
    Set<String> known = command.getCommandSpec().optionsMap().keySet();
    return "unknown option "
        + typed
        + Nearest.to(typed, known)
            .or(() -> setting(typed, known))
            .map(UsageMistake::meant)
            .orElse("");
  }

  /** Settings of experiments are no options of their own: what {@code --set} would take. */
  private static Optional<String> setting(String typed, Set<String> options) {
    if (!options.contains("--set")) {
      return Optional.empty();
    }
    String name = typed.replaceFirst("^-+", "");
    List<String> paths = ConfigSchema.settings();
    return Nearest.to(name, paths.stream().map(UsageMistake::last).toList())
        .flatMap(near -> paths.stream().filter(path -> last(path).equals(near)).findFirst())
        .map(path -> "--set " + path + "=VALUE");
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  private static String unmatched(String typed, CommandLine command) {
    if (!command.getSubcommands().isEmpty()) {
      Collection<String> names = commands(command);
      return "unknown command "
          + typed
          + Nearest.to(typed, names)
              .map(UsageMistake::meant)
              .orElse(", wanted " + oneOf(names, command));
    }
    List<? extends ArgSpec> taken = command.getCommandSpec().positionalParameters();
    boolean torn =
        command.getCommandSpec().findOption("--set") != null && typed.matches(".*[,\\]}]");
    return "got \"%s\" as well, wanted %s%s"
        .formatted(
            typed,
            taken.isEmpty()
                ? "options only"
                : taken.stream().map(UsageMistake::name).collect(joining(" ")) + " alone",
            torn ? "; a value with spaces goes in quotes: --set 'model.input=[3, 32, 32]'" : "");
  }

  /** The commands of a command, and what it takes without one if it does something then. */
  private static String oneOf(Collection<String> names, CommandLine command) {
    String alone =
        command.getCommandSpec().positionalParameters().stream()
            .map(UsageMistake::name)
            .findFirst()
            .orElse("nothing");
    return (names.size() == 1 ? "" : "one of ")
        + String.join(", ", names)
        + (command.getCommand() instanceof Callable ? " or " + alone : "");
  }

  private static String missing(MissingParameterException mistake, List<String> typed) {
    List<String> names = new ArrayList<>();
    for (ArgSpec missing : mistake.getMissing()) {
      if (missing instanceof OptionSpec option
          && Arrays.stream(option.names()).anyMatch(typed::contains)) {
        return name(option) + ": got no value, wanted " + option.paramLabel();
      }
      names.add(
          missing instanceof OptionSpec
              ? name(missing) + " " + missing.paramLabel()
              : name(missing));
    }
    return names.isEmpty() ? mistake.getMessage() : "missing " + String.join(" and ", names);
  }

  private static String wanted(Class<?> type, String got) {
    if (type.isEnum()) {
      List<String> names =
          Arrays.stream(type.getEnumConstants())
              .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
              .toList();
      return String.join(" or ", names)
          + Nearest.to(got, names).map(UsageMistake::meant).orElse("");
    }
    if (type == Path.class && got.contains("://")) {
      return "a path of this machine; only packs and tars are read from addresses";
    }
    boolean digits = got.matches("[+-]?\\d+");
    if (type == int.class || type == Integer.class) {
      return "a whole number" + (digits ? " up to " + Integer.MAX_VALUE : "");
    }
    if (type == long.class || type == Long.class) {
      return "a whole number" + (digits ? " up to " + Long.MAX_VALUE : "");
    }
    return type == double.class || type == Double.class ? "a number" : "a path";
  }

  private static String meant(String near) {
    return "; did you mean " + near + "?";
  }

  private static List<String> commands(CommandLine command) {
    return List.copyOf(command.getSubcommands().keySet());
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }
}
