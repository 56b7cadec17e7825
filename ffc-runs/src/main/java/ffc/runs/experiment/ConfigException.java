package ffc.runs.experiment;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration with mistakes; the message has one line for each of them. */
public final class ConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** Mistakes that are shown; a file with more of them is another kind of file. */
  static final int MOST = 100;

  private final transient List<Problem> problems;

  /**
   * @param problems the mistakes, at least one
   */
  public ConfigException(List<Problem> problems) {
    super(
        Variables.together(problems).stream()
                .limit(MOST)
                .map(Problem::toString)
                .collect(Collectors.joining("\n"))
            + (problems.size() < MOST ? "" : "\nstopped after " + MOST + " mistakes"));
    this.problems = List.copyOf(problems);
  }

  /** The mistakes in the order in which they were found. */
  public List<Problem> problems() {
    return problems;
  }
}
