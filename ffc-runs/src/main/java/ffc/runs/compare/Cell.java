package ffc.runs.compare;

import java.util.ArrayList;
import java.util.List;

/**
 * One run of a comparison.
 *
 * @param contender what is trained
 * @param dataset on what
 * @param classes class count, or {@link Comparison#AS_IS}
 * @param repeat from 1
 */
public record Cell(
    Comparison.Contender contender,
    Comparison.Dataset dataset,
    long classes,
    long seed,
    int repeat) {

  /**
   * All cells, round by round: each repeat of each seed goes through all data sets, class counts
   * and contenders, so that a slow hour of the machine meets all of them, and a first round says
   * something of each.
   */
  public static List<Cell> of(Comparison comparison) {
    List<Cell> cells = new ArrayList<>();
    for (int repeat = 1; repeat <= comparison.repeats(); repeat++) {
      for (long seed : comparison.seeds()) {
        for (Comparison.Dataset dataset : comparison.datasets()) {
          for (long classes : comparison.classes()) {
            for (Comparison.Contender contender : comparison.contenders()) {
              cells.add(new Cell(contender, dataset, classes, seed, repeat));
            }
          }
        }
      }
    }
    return cells;
  }

  /** Name of the cell's folder. */
  public String folder() {
    return (dataset.name().isEmpty() ? "" : plain(dataset.name()) + "-")
        + plain(contender.name())
        + (classes == Comparison.AS_IS ? "" : "-c" + classes)
        + "-seed"
        + seed
        + (repeat == 1 ? "" : "-r" + repeat);
  }

  private static String plain(String name) {
    return name.replaceAll("[^A-Za-z0-9.]+", "-").replaceAll("^-|-$", "");
  }
}
