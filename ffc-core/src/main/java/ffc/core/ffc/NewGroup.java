package ffc.core.ffc;

import ffc.engine.InnerProduct;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Rows;
import ffc.idgroup.TwoRow;
import ffc.idgroup.UpdateRule;
import ffc.idgroup.Weighted;
import java.util.SplittableRandom;

/** The ID group before the first step: slots that hold no identity. */
final class NewGroup {
  private NewGroup() {}

  /**
   * An empty group.
   *
   * @param row0 memory of the first row of each slot; becomes the group's
   * @param seed of the values that empty slots have where they count as classes
   */
  static IdGroup of(FfcConfig config, Rows row0, long seed) {
    UpdateRule rule =
        config.update().type().equals("two-row")
            ? new TwoRow()
            : new Weighted(config.update().keep());
    Rows row1 = rule instanceof TwoRow ? row0.create(row0.count()) : null;
    if (config.emptySlots() == FfcConfig.EmptySlots.mask) {
      return IdGroup.ofEmptySlots(rule, row0, row1);
    }
    SplittableRandom random = new SplittableRandom(seed);
    fillPositive(row0, random);
    if (row1 != null) {
      fillPositive(row1, random);
    }
    return new IdGroup(rule, row0, row1);
  }

  /** Uniform in [0, 1), normalised: the reference code's start. */
  private static void fillPositive(Rows rows, SplittableRandom random) {
    FloatRows one = new FloatRows(1, rows.dim());
    float[] v = one.values();
    for (int row = 0; row < rows.count(); row++) {
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) random.nextDouble();
      }
      double squares = InnerProduct.exact(v, 0, v, 0, v.length);
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) (v[i] / Math.sqrt(squares));
      }
      one.copyRow(0, rows, row);
    }
  }
}
