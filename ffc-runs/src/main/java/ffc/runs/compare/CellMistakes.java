package ffc.runs.compare;

import ffc.runs.experiment.ConfigException;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The mistakes in the experiments of all cells, each once and where it stands in the comparison
 * file: the text that was checked is one that nobody has typed.
 */
final class CellMistakes {
  private final Path file;
  private final Comparison comparison;
  private final Set<Problem> problems = new LinkedHashSet<>();

  CellMistakes(Path file, Comparison comparison) {
    this.file = file;
    this.comparison = comparison;
  }

  void add(Cell cell, ConfigException mistakes) {
    for (Problem problem : mistakes.problems()) {
      List<String> at = origin(cell, problem.path());
      problems.add(
          new Problem(
              ConfigLoader.place(file, at, problem.message().startsWith("unknown key")),
              String.join(".", at),
              problem.message()));
    }
  }

  /**
   * Ends with all of them.
   *
   * @throws ConfigException if there are any
   */
  void throwAny() {
    if (!problems.isEmpty()) {
      throw new ConfigException(List.copyOf(problems));
    }
  }

  /** Where a comparison says what an experiment has at {@code path}. */
  private List<String> origin(Cell cell, String path) {
    // Records are found by their own equality.
    String contender = "contenders." + comparison.contenders().indexOf(cell.contender());
    String dataset = "datasets." + comparison.datasets().indexOf(cell.dataset());
    Set<String> ofBoth = cell.dataset().of(cell.contender()).keySet();
    List<String> both = new ArrayList<>(List.of(dataset.split("\\.")));
    both.addAll(List.of("contenders", String.valueOf(cell.contender().name())));
    List<String> at = setting(both, ofBoth, path);
    if (at.isEmpty()) {
      at =
          setting(
              List.of((contender + ".set").split("\\.")), cell.contender().set().keySet(), path);
    }
    if (at.isEmpty()) {
      at = setting(List.of((dataset + ".set").split("\\.")), cell.dataset().set().keySet(), path);
    }
    if (!at.isEmpty()) {
      return at;
    }
    String whole =
        path.isEmpty()
            ? "experiment"
            : path.equals("method") || path.startsWith("method.")
                ? contender + "." + path
                : path.equals("seed") ? "seeds" : "experiment." + path;
    return List.of(whole.split("\\."));
  }

  /** Where the settings at {@code owner} say what an experiment has at {@code path}; or empty. */
  private static List<String> setting(List<String> owner, Set<String> settings, String path) {
    for (String setting : settings) {
      if (path.equals(setting) || path.startsWith(setting + ".")) {
        List<String> at = new ArrayList<>(owner);
        at.add(setting);
        if (path.length() > setting.length()) {
          at.addAll(List.of(path.substring(setting.length() + 1).split("\\.")));
        }
        return at;
      }
    }
    return List.of();
  }
}
