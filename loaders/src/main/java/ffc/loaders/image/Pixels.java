package ffc.loaders.image;

import ffc.loaders.data.ImageShape;

/** Where a decoder puts what it has decoded. */
interface Pixels {
  /**
   * Takes a gray image.
   *
   * @param samples u8 [height, width], overwritten afterwards
   * @param shape its height and width, and the channels that are wanted
   */
  void gray(byte[] samples, ImageShape shape);

  /**
   * Takes an image in colours.
   *
   * @param samples u8 [height, width, 3], overwritten afterwards
   * @param red place of red in the three; green is in the middle, blue at the other end
   * @param shape its height and width, and the channels that are wanted
   */
  void colours(byte[] samples, int red, ImageShape shape);
}
