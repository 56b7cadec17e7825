package ffc.runs.compare;

import ffc.runs.experiment.ConfigException;
import ffc.runs.experiment.EvaluationRules;
import ffc.runs.experiment.Experiment;
import ffc.runs.plan.ByteSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Reads comparison files, strictly. */
public final class ComparisonReader {
  private static final Pattern CONTENDERS = Pattern.compile("(?m)^[\"']?contenders[\"']?\\s*:");
  private static final Pattern EXPERIMENT = Pattern.compile("(?m)^[\"']?method[\"']?\\s*:");
  private static final long MOST_BYTES = 1 << 20;
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private ComparisonReader() {}

  /** Whether a file is a comparison, not an experiment: it has contenders. */
  public static boolean isComparison(Path file) {
    try {
      return Files.size(file) < MOST_BYTES
          && CONTENDERS.matcher(Files.readString(file, StandardCharsets.UTF_8)).find();
    } catch (IOException e) {
      return false; // whoever reads it says why it cannot be read
    }
  }

  /**
   * Reads a file and checks the experiment of every cell.
   *
   * @param machine whether the files that they name must be here
   * @return what there is to say of a sound comparison
   * @throws IllegalArgumentException if anything is wrong
   */
  public static String check(Path file, boolean machine) {
    Comparison comparison = read(file);
    checkCells(file, comparison, cell -> machine);
    return comparison.name() + ", a comparison of " + Cell.of(comparison).size() + " runs";
  }

  /**
   * Checks the experiment of every cell, and that each yields the target's figure.
   *
   * @param file stands in messages
   * @param machine of which cells the files that they name must be here
   * @throws IllegalArgumentException if anything is wrong
   */
  public static void checkCells(Path file, Comparison comparison, Predicate<Cell> machine) {
    Comparison.Target target = comparison.target();
    require(
        target == null || target.figure() != null,
        file,
        "target.figure: missing; wanted a figure of an evaluation set, such as"
            + " open.tar_at_far.1e-3");
    CellMistakes mistakes = new CellMistakes(file, comparison);
    for (Cell cell : Cell.of(comparison)) {
      Experiment experiment;
      try {
        experiment = CellConfig.experiment(comparison, cell, machine.test(cell));
      } catch (ConfigException e) {
        mistakes.add(cell, e);
        continue;
      }
      String mistake =
          target == null ? null : EvaluationRules.figureMistake(experiment, target.figure());
      require(mistake == null, file, "target.figure: " + mistake);
    }
    mistakes.throwAny();
  }

  /**
   * Reads a file and checks every cell's experiment.
   *
   * @throws IllegalArgumentException if anything is wrong
   */
  public static Comparison read(Path file) {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": no such file, or it cannot be read", e);
    }
    require(
        CONTENDERS.matcher(text).find() || !EXPERIMENT.matcher(text).find(),
        file,
        "is an experiment, which ./ffc train runs; a comparison has contenders");
    Comparison comparison = bind(file, text);
    require(comparison.name() != null, file, "name is missing");
    require(
        comparison.name() == null || comparison.name().matches("[A-Za-z0-9][A-Za-z0-9._-]*"),
        file,
        "name: wanted letters, digits, '.', '_' and '-'");
    require(comparison.experiment() != null, file, "section experiment is missing");
    require(!comparison.contenders().isEmpty(), file, "contenders: wanted at least one");
    require(
        !comparison.datasets().isEmpty(), file, "datasets: wanted at least one, or no such key");
    require(comparison.repeats() >= 1, file, "repeats: wanted at least 1");
    if (comparison.memory() != null) {
      ByteSize.parse(comparison.memory());
    }
    Set<String> names = new TreeSet<>();
    comparison.contenders().forEach(contender -> names.add(String.valueOf(contender.name())));
    for (Comparison.Dataset dataset : comparison.datasets()) {
      for (String name : dataset.contenders().keySet()) {
        require(
            names.contains(name),
            file,
            "datasets: %s has settings for \"%s\", which is no contender; wanted one of %s"
                .formatted(dataset.name(), name, String.join(", ", names)));
      }
    }
    Set<String> folders = new HashSet<>();
    for (Cell cell : Cell.of(comparison)) {
      require(
          cell.contender().name() != null && cell.contender().method() != null,
          file,
          "contenders: each wants a name and a method");
      require(cell.dataset().name() != null, file, "datasets: each wants a name");
      require(
          folders.add(cell.folder()),
          file,
          "contenders, datasets: two cells would share the folder "
              + cell.folder()
              + "; name them apart");
    }
    return comparison;
  }

  private static Comparison bind(Path file, String text) {
    try {
      Comparison comparison = MAPPER.readValue(text, Comparison.class);
      require(comparison != null, file, "the file is empty");
      return comparison;
    } catch (JacksonException e) {
      String place =
          e.getLocation() == null || e.getLocation().getLineNr() < 1
              ? ""
              : ":" + e.getLocation().getLineNr() + ":" + e.getLocation().getColumnNr();
      throw new IllegalArgumentException(
          file + place + ": " + e.getOriginalMessage().lines().findFirst().orElse("not valid YAML"),
          e);
    }
  }

  private static void require(boolean condition, Path file, String message) {
    if (!condition) {
      throw new IllegalArgumentException(file + ": " + message);
    }
  }
}
