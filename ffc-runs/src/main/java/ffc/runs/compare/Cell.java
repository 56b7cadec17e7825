package ffc.runs.compare;

import java.util.ArrayList;
import java.util.List;

/**
 * One run of a comparison.
 *
 * @param contender name of the contender
 * @param classes class count, or {@link Comparison#AS_IS}
 * @param repeat from 1
 */
public record Cell(Comparison.Contender contender, long classes, long seed, int repeat) {

  /**
   * All cells, round by round: each repeat of each seed goes through all class counts and all
   * contenders, so that a slow hour of the machine meets all of them, and a first round says
   * something of each.
   */
  public static List<Cell> of(Comparison comparison) {
    List<Cell> cells = new ArrayList<>();
    for (int repeat = 1; repeat <= comparison.repeats(); repeat++) {
      for (long seed : comparison.seeds()) {
        for (long classes : comparison.classes()) {
          for (Comparison.Contender contender : comparison.contenders()) {
            cells.add(new Cell(contender, classes, seed, repeat));
          }
        }
      }
    }
    return cells;
  }

  /** Name of the cell's folder. */
  public String folder() {
    String name = contender.name().replaceAll("[^A-Za-z0-9.]+", "-").replaceAll("^-|-$", "");
    return name
        + (classes == Comparison.AS_IS ? "" : "-c" + classes)
        + "-seed"
        + seed
        + (repeat == 1 ? "" : "-r" + repeat);
  }
}
