package ffc.loaders.data;

import java.util.ArrayList;
import java.util.List;

/** Counts the unreadable images of the batches taken and ends the run above the budget. */
public final class CorruptBudget {
  private static final int LISTED = 100;

  /** Below this many images drawn, an unreadable image does not tell a share. */
  private static final long FEWEST_DRAWN = 1000;

  private final double budget;
  private final List<String> listed = new ArrayList<>();
  private long drawn;
  private long skipped;

  public CorruptBudget(double budget) {
    this.budget = budget;
  }

  /**
   * Counts one batch.
   *
   * @throws BadDataException if more than the budget's share of the images drawn so far is bad
   */
  public void add(long images, List<BadDataException> faults) {
    drawn += images;
    skipped += faults.size();
    for (BadDataException fault : faults) {
      if (listed.size() < LISTED) {
        listed.add(fault.getMessage());
      }
    }
    if (skipped > budget * Math.max(drawn, FEWEST_DRAWN)) {
      BadDataException last = faults.get(faults.size() - 1);
      throw new BadDataException(
          "%d of %d images drawn are unreadable, more than data.corruptBudget %s allows; last: %s"
              .formatted(skipped, drawn, budget, last.getMessage()),
          last);
    }
  }

  public long skipped() {
    return skipped;
  }

  public List<String> listed() {
    return List.copyOf(listed);
  }
}
