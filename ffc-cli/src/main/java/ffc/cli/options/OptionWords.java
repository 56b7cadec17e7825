package ffc.cli.options;

import ffc.runs.experiment.ConfigException;
import ffc.runs.experiment.Problem;
import java.util.Map;
import java.util.function.Supplier;

/** Tells mistakes of options that stand for settings in the words that were typed. */
public final class OptionWords {
  private OptionWords() {}

  /**
   * Reads an experiment.
   *
   * @param typed the options by the settings that they stand for, such as {@code cluster.trainers}
   *     to {@code --trainers}
   * @throws ConfigException if it has mistakes
   */
  public static <T> T in(Map<String, String> typed, Supplier<T> read) {
    try {
      return read.get();
    } catch (ConfigException e) {
      throw new ConfigException(
          e.problems().stream().map(problem -> inWords(typed, problem)).toList());
    }
  }

  private static Problem inWords(Map<String, String> typed, Problem problem) {
    String place = problem.place();
    for (Map.Entry<String, String> option : typed.entrySet()) {
      place = place.replace("--set " + option.getKey() + "=", option.getValue() + " ");
    }
    if (place.equals(problem.place())) {
      return problem;
    }
    String message = problem.message();
    for (Map.Entry<String, String> option : typed.entrySet()) {
      if (place.startsWith(option.getValue() + " ")) {
        message = message.replace("section cluster", option.getValue());
      }
      message = message.replace(option.getKey(), option.getValue());
    }
    String path = typed.getOrDefault(problem.path(), problem.path());
    return new Problem(place, place.startsWith(path + " ") ? "" : path, message);
  }
}
