package ffc.cli.options;

import java.util.List;
import picocli.CommandLine.Option;

/** The option that overrides settings of an experiment. */
public final class SetOption {
  @Option(
      names = "--set",
      paramLabel = "PATH=VALUE",
      description =
          "Override a setting, such as method.capacity=500 or evaluate.0.path=x.rec; an empty value"
              + " restores the default")
  private List<String> settings = List.of();

  /** The overrides as they were typed; may be empty. */
  public List<String> settings() {
    return settings;
  }
}
