package ffc.loaders.image;

/**
 * Where each pixel of a new picture comes from in the old one: (xx x + xy y + x0, yx x + yy y +
 * y0). Centres of pixels lie at whole numbers.
 */
public record Warp(double xx, double xy, double x0, double yx, double yy, double y0) {
  static final Warp IDENTITY = new Warp(1, 0, 0, 0, 1, 0);

  static Warp shift(double x, double y) {
    return new Warp(1, 0, x, 0, 1, y);
  }

  static Warp mirror(int width) {
    return new Warp(-1, 0, width - 1, 0, 1, 0);
  }

  /** From a picture to one whose sides are these parts of its own. */
  public static Warp stretch(double x, double y) {
    return new Warp(x, 0, x / 2 - 0.5, 0, y, y / 2 - 0.5);
  }

  /** This one of a place that another one gives. */
  public Warp of(Warp inner) {
    return new Warp(
        xx * inner.xx + xy * inner.yx,
        xx * inner.xy + xy * inner.yy,
        xx * inner.x0 + xy * inner.y0 + x0,
        yx * inner.xx + yy * inner.yx,
        yx * inner.xy + yy * inner.yy,
        yx * inner.x0 + yy * inner.y0 + y0);
  }
}
