package ffc.cli.data;

import ffc.loaders.data.ImageShape;

/** Sizes of images as they are typed. */
final class ImageSizes {
  private ImageSizes() {}

  /**
   * Reads height and width.
   *
   * @param option to name in a message
   * @param text such as {@code 112x96}, or {@code 112} for both
   * @return the shape, of three channels
   */
  static ImageShape parse(String option, String text) {
    if (!text.matches("[1-9]\\d{0,4}(x[1-9]\\d{0,4})?")) {
      throw new IllegalArgumentException(
          "%s: got \"%s\", wanted pixels, such as 112, or height x width, such as 112x96"
              .formatted(option, text));
    }
    String[] sides = text.split("x", -1);
    return new ImageShape(3, Integer.parseInt(sides[0]), Integer.parseInt(sides[sides.length - 1]));
  }

  /** As {@link #parse(String, String)}, with bounds of a side. */
  static ImageShape parse(String option, String text, int least, int most) {
    ImageShape shape = parse(option, text);
    if (Math.min(shape.height(), shape.width()) < least
        || Math.max(shape.height(), shape.width()) > most) {
      throw new IllegalArgumentException(
          "%s: got %s, wanted %d to %d pixels a side".formatted(option, text, least, most));
    }
    return shape;
  }
}
