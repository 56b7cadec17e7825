package ffc.loaders.image;

import ffc.loaders.data.Resize;

/** How a picture of any shape becomes one of the wanted shape. */
public enum Fit {
  /** The largest middle part of the wanted shape. */
  crop,
  /** The whole picture in the middle, black beside it. */
  pad,
  /** The whole picture, its sides scaled differently. */
  stretch;

  /**
   * What a setting asks for.
   *
   * @throws IllegalArgumentException if it is off
   */
  public static Fit of(Resize resize) {
    return switch (resize) {
      case crop -> crop;
      case pad -> pad;
      case stretch -> stretch;
      case off -> throw new IllegalArgumentException("off: images keep their size");
    };
  }

  /** The picture at the wanted size. */
  public Picture apply(Picture from, int height, int width) {
    double scale = Math.min((double) from.height() / height, (double) from.width() / width);
    return switch (this) {
      case stretch -> Lanczos.scale(from, 0, 0, from.height(), from.width(), height, width);
      case crop -> {
        double high = height * scale;
        double wide = width * scale;
        double top = (from.height() - high) / 2;
        double left = (from.width() - wide) / 2;
        yield Lanczos.scale(from, top, left, top + high, left + wide, height, width);
      }
      case pad -> {
        double most = Math.max((double) from.height() / height, (double) from.width() / width);
        int high = inside(from.height() / most, height);
        int wide = inside(from.width() / most, width);
        Picture whole = Lanczos.scale(from, 0, 0, from.height(), from.width(), high, wide);
        Picture out = new Picture(height, width);
        int top = (height - high) / 2;
        int left = (width - wide) / 2;
        for (int y = 0; y < high; y++) {
          System.arraycopy(
              whole.pixels(), 3 * y * wide, out.pixels(), 3 * ((top + y) * width + left), 3 * wide);
        }
        yield out;
      }
    };
  }

  private static int inside(double length, int most) {
    return (int) Math.max(1, Math.min(most, Math.round(length)));
  }
}
