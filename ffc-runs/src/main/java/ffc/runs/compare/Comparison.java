package ffc.runs.compare;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import jakarta.validation.constraints.NotNull;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * A comparison file.
 *
 * @param name of the comparison
 * @param title heading of the page (default: the name)
 * @param experiment an experiment without its method and seed; a text may hold {@code {classes}}
 * @param contenders what is compared
 * @param datasets each contender runs on each of them (default: the experiment's own)
 * @param seeds each contender runs once with each of them (default 1)
 * @param repeats runs of each cell under the same seed, for timings (default 1)
 * @param classes class counts; each replaces {@code {classes}} in the experiment (default none)
 * @param memory what one trainer may use, such as 16GiB: cells predicted above it are not run
 *     (default: no limit)
 * @param target figure whose first step is reported as time to target
 * @param notes sentences for the page, for example what was not measured
 */
public record Comparison(
    @NotNull String name,
    String title,
    @NotNull ObjectNode experiment,
    @NotNull List<Contender> contenders,
    List<Dataset> datasets,
    List<Long> seeds,
    Integer repeats,
    List<Long> classes,
    String memory,
    Target target,
    List<String> notes) {

  /** Class count of cells that take the data as they are. */
  public static final long AS_IS = 0;

  /**
   * One of the things compared.
   *
   * @param name in tables and legends
   * @param method section {@code method} of its experiment
   * @param set further settings by path, for example {@code data.idsPerBatch: 0}
   */
  public record Contender(
      @NotNull String name, @NotNull ObjectNode method, Map<String, Object> set) {
    public Contender {
      set = set == null ? Map.of() : Map.copyOf(set);
    }
  }

  /**
   * Data that all contenders meet.
   *
   * @param name in headings and in the names of the cells
   * @param set the settings by path that differ from the experiment's, for example {@code
   *     data.train.path: cars/train.rec}; those of a contender go before them
   * @param contenders settings of single contenders on this set, by their name: {@code "FFC, 10 %":
   *     {method.capacity: 443}}; they go before all others
   */
  public record Dataset(
      @NotNull String name, Map<String, Object> set, Map<String, Map<String, Object>> contenders) {
    /** What the experiment itself names. */
    static final Dataset OWN = new Dataset("", Map.of(), Map.of());

    public Dataset {
      set = set == null ? Map.of() : Map.copyOf(set);
      contenders = contenders == null ? Map.of() : Map.copyOf(contenders);
    }

    Map<String, Object> of(Contender contender) {
      return contenders.getOrDefault(contender.name(), Map.of());
    }
  }

  /**
   * A figure to reach.
   *
   * @param figure as {@code run.best} names it, for example open.tar_at_far.1e-3
   * @param value at least this
   */
  record Target(
      @NotNull @JsonPropertyDescription("such as open.tar_at_far.1e-3") String figure,
      double value) {}

  public Comparison {
    title = title == null ? name : title;
    contenders = contenders == null ? List.of() : List.copyOf(contenders);
    datasets = datasets == null ? List.of(Dataset.OWN) : List.copyOf(datasets);
    seeds = seeds == null ? List.of(1L) : List.copyOf(seeds);
    repeats = repeats == null ? 1 : repeats;
    classes = classes == null ? List.of(AS_IS) : List.copyOf(classes);
    notes = notes == null ? List.of() : List.copyOf(notes);
  }

  /**
   * The first round alone: one run of each contender on each data set at each class count.
   *
   * @param trial what cuts the runs down; stands on the page
   */
  public Comparison firstRound(String trial) {
    List<String> notes = new ArrayList<>(notes());
    notes.add(
        0, "A trial: " + trial + ". It shows that the runs work and says nothing of the methods.");
    return with(
        title + " (a trial)", datasets, seeds.subList(0, Math.min(1, seeds.size())), 1, notes);
  }

  /** The part on one data set. */
  Comparison on(Dataset dataset) {
    return with(title, List.of(dataset), seeds, repeats, notes);
  }

  private Comparison with(
      String title, List<Dataset> datasets, List<Long> seeds, int repeats, List<String> notes) {
    return new Comparison(
        name,
        title,
        experiment,
        contenders,
        datasets,
        seeds,
        repeats,
        classes,
        memory,
        target,
        notes);
  }

  /** Whether a cell's number of threads is part of the comparison. */
  boolean setsThreads(Cell cell) {
    return experiment.path("run").has("threads")
        || cell.dataset().set().containsKey("run.threads")
        || cell.contender().set().containsKey("run.threads");
  }

  /** Whether class counts are compared. */
  boolean overClasses() {
    return classes.stream().anyMatch(c -> c != AS_IS);
  }
}
