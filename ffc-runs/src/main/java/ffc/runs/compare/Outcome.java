package ffc.runs.compare;

import ffc.eval.roc.EvalFigure;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * All that is known of a comparison: finished cells, cells that were not run and why.
 *
 * @param missing cells without a result
 */
public record Outcome(Comparison comparison, List<CellResult> results, List<Missing> missing) {
  private static final List<String> ORDER =
      List.of(
          "data",
          "upload",
          "gallery",
          "sample",
          "group",
          "forward",
          "head",
          "backward",
          "optimizer",
          "update");

  /**
   * A cell without a result.
   *
   * @param reason does not fit, failed, or not run yet
   * @param predictedBytes by the memory plan
   */
  public record Missing(Cell cell, String reason, double predictedBytes) {
    /** Of a cell that could run and has not. */
    public static final String NOT_RUN = "not run";
  }

  public Outcome {
    results = List.copyOf(results);
    missing = List.copyOf(missing);
  }

  /** Whether there is anything to say of it: a result, or a reason why there is none. */
  boolean isTold() {
    return !results.isEmpty()
        || missing.stream().anyMatch(m -> !m.reason().equals(Missing.NOT_RUN));
  }

  /** The part on one data set. */
  Outcome on(Comparison.Dataset dataset) {
    return new Outcome(
        comparison.on(dataset),
        results.stream().filter(r -> r.cell().dataset().equals(dataset)).toList(),
        missing.stream().filter(m -> m.cell().dataset().equals(dataset)).toList());
  }

  /** The results of a contender at a class count. */
  List<CellResult> of(Comparison.Contender contender, long classes) {
    return results.stream()
        .filter(
            r ->
                r.cell().contender().name().equals(contender.name())
                    && r.cell().classes() == classes)
        .toList();
  }

  /** A figure over seeds and repeats. */
  Statistics figure(
      Comparison.Contender contender, long classes, ToDoubleFunction<CellResult> figure) {
    List<Double> values = new ArrayList<>();
    of(contender, classes).forEach(r -> values.add(figure.applyAsDouble(r)));
    return Statistics.of(values);
  }

  /** Why a contender has no result at a class count; null if it has one, or nothing is known. */
  Missing missing(Comparison.Contender contender, long classes) {
    if (!of(contender, classes).isEmpty()) {
      return null;
    }
    return missing.stream()
        .filter(
            m ->
                m.cell().contender().name().equals(contender.name())
                    && m.cell().classes() == classes)
        .findFirst()
        .orElse(null);
  }

  /** Names of the accuracy figures over all identities, the sharpest TAR last. */
  public Set<String> figureNames() {
    Set<String> names = names();
    names.removeIf(FigureNames::ofStratum);
    return names;
  }

  /** Names of the figures of head, middle and tail identities. */
  Set<String> strataNames() {
    Set<String> names = names();
    names.removeIf(name -> !FigureNames.ofStratum(name));
    return names;
  }

  private Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    results.forEach(r -> names.addAll(r.figures().keySet()));
    names.removeIf(name -> FigureNames.is(EvalFigure.ACCURACY_DEVIATION, name));
    return names;
  }

  /** Names of the parts of a step, in the order of a step. */
  Set<String> splitNames() {
    Set<String> there = new LinkedHashSet<>();
    results.forEach(r -> there.addAll(r.split().keySet()));
    Set<String> names = new LinkedHashSet<>(ORDER);
    names.retainAll(there);
    names.addAll(there);
    return names;
  }
}
