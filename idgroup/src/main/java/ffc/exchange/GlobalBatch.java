package ffc.exchange;

import ffc.idgroup.Rows;
import java.util.List;

/**
 * Both sides of a step over all trainers: on each, the ID loaders' images of all ranks in rank
 * order, then the instance loaders' images of all ranks.
 */
public record GlobalBatch(Side x, Side y) {

  /**
   * Puts contributions in the global order.
   *
   * @param inRankOrder one contribution a trainer, at least one, of one precision and row length
   */
  public static GlobalBatch of(List<Contribution> inRankOrder) {
    if (inRankOrder.size() == 1) {
      return new GlobalBatch(inRankOrder.get(0).x(), inRankOrder.get(0).y());
    }
    int images = 0;
    for (Contribution c : inRankOrder) {
      images += c.x().ids().length;
    }
    Rows like = inRankOrder.get(0).x().features();
    Side x = new Side(new long[images], like.create(images));
    Side y = new Side(new long[images], like.create(images));
    int at = 0;
    for (Contribution c : inRankOrder) {
      copy(c, 0, c.idPairs(), x, y, at);
      at += c.idPairs();
    }
    for (Contribution c : inRankOrder) {
      int size = c.x().ids().length;
      copy(c, c.idPairs(), size, x, y, at);
      at += size - c.idPairs();
    }
    return new GlobalBatch(x, y);
  }

  private static void copy(Contribution c, int from, int to, Side x, Side y, int at) {
    for (int i = from; i < to; i++) {
      x.ids()[at + i - from] = c.x().ids()[i];
      y.ids()[at + i - from] = c.y().ids()[i];
      c.x().features().copyRow(i, x.features(), at + i - from);
      c.y().features().copyRow(i, y.features(), at + i - from);
    }
  }
}
