package ffc.loaders.image;

import ffc.loaders.data.ImageShape;

/** Lays decoded pixels out as [channels, height, width], converting between gray and RGB. */
final class Planes {
  private Planes() {}

  /** One byte a pixel from {@code from} on. */
  static void fromGray(byte[] pixels, int from, ImageShape shape, byte[] planes) {
    int area = shape.height() * shape.width();
    for (int c = 0; c < shape.channels(); c++) {
      System.arraycopy(pixels, from, planes, c * area, area);
    }
  }

  /** Three bytes a pixel, with the place of red, green and blue in them. */
  static void fromInterleaved(
      byte[] pixels, int red, int green, int blue, ImageShape shape, byte[] planes) {
    int area = shape.height() * shape.width();
    if (shape.channels() == 1) {
      for (int i = 0, p = 0; i < area; i++, p += 3) {
        planes[i] =
            ImageDecoder.luma(
                pixels[p + red] & 0xff, pixels[p + green] & 0xff, pixels[p + blue] & 0xff);
      }
      return;
    }
    for (int i = 0, p = 0; i < area; i++, p += 3) {
      planes[i] = pixels[p + red];
      planes[area + i] = pixels[p + green];
      planes[2 * area + i] = pixels[p + blue];
    }
  }
}
