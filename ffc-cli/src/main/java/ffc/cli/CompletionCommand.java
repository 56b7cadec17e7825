package ffc.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ffc completion}. */
@Command(
    name = "completion",
    description = "Print the completion script for bash and zsh.",
    footer = {"", "Example:", "  source <(./ffc completion)"},
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().getOut().print(AutoComplete.bash("ffc", spec.root().commandLine()));
    spec.commandLine().getOut().println();
    return 0;
  }
}
