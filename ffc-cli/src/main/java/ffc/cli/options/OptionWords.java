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
    for (Map.Entry<String, String> option : typed.entrySet()) {
      String set = "--set " + option.getKey() + "=";
      if (problem.place().startsWith(set)) {
        String place = option.getValue() + " " + problem.place().substring(set.length());
        String message = problem.message().replace("section cluster", option.getValue());
        for (Map.Entry<String, String> other : typed.entrySet()) {
          message = message.replace(other.getKey(), other.getValue());
        }
        String path =
            problem.path().equals(option.getKey())
                ? ""
                : typed.getOrDefault(problem.path(), problem.path());
        return new Problem(place, path, message);
      }
    }
    return problem;
  }
}
