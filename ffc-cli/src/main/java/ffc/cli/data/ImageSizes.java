package ffc.cli.data;

import ffc.loaders.data.ImageShape;

/** Sizes of images as they are typed. */
final class ImageSizes {
  private ImageSizes() {}

  /**
   * Reads height and width.
   *
   * @param option to name in a message
   * @param text such as {@code 112x96}
   * @return the shape, of three channels
   */
  static ImageShape parse(String option, String text) {
    if (!text.matches("[1-9]\\d{0,4}x[1-9]\\d{0,4}")) {
      throw new IllegalArgumentException(
          option + ": got \"" + text + "\", wanted height x width, such as 112x112");
    }
    String[] sides = text.split("x", -1);
    return new ImageShape(3, Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
  }
}
