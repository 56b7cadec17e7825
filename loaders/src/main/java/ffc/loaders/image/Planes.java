package ffc.loaders.image;

import ffc.loaders.data.ImageShape;

/**
 * Lays decoded samples out as networks take them, converting between gray and RGB.
 *
 * @param bytes receives u8 [channels, height, width]
 */
record Planes(byte[] bytes) implements Pixels {
  @Override
  public void gray(byte[] samples, ImageShape shape) {
    int area = shape.height() * shape.width();
    for (int c = 0; c < shape.channels(); c++) {
      System.arraycopy(samples, 0, bytes, c * area, area);
    }
  }

  @Override
  public void colours(byte[] samples, int red, ImageShape shape) {
    int area = shape.height() * shape.width();
    int blue = 2 - red;
    if (shape.channels() == 1) {
      for (int i = 0, p = 0; i < area; i++, p += 3) {
        bytes[i] =
            ImageDecoder.luma(
                samples[p + red] & 0xff, samples[p + 1] & 0xff, samples[p + blue] & 0xff);
      }
      return;
    }
    for (int i = 0, p = 0; i < area; i++, p += 3) {
      bytes[i] = samples[p + red];
      bytes[area + i] = samples[p + 1];
      bytes[2 * area + i] = samples[p + blue];
    }
  }
}
