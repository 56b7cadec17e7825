package ffc.loaders.photos;

import ffc.loaders.data.ImageShape;
import ffc.loaders.image.Filters;
import ffc.loaders.image.Picture;
import ffc.loaders.image.Warp;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/**
 * Puts a face where the field's networks expect it: the similarity transform (turn, scale, shift)
 * that brings five points closest, by least squares, to those of a template of 112 x 112 (ArcFace,
 * Deng et al. 2019). Other sizes take the template in proportion to the height, middle on middle,
 * so that 112 x 96 is the older template of that size.
 */
final class Alignment {
  /** Eyes, nose, corners of the mouth: x, y. */
  private static final double[] TEMPLATE = {
    38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041
  };

  private static final double TEMPLATE_SIDE = 112;

  /** Pixels from the middle to the farthest point of a face that shows anything. */
  private static final double SMALLEST = 1;

  private static final int POINTS = TEMPLATE.length / 2;

  /** Samples along a side of a pixel, at most. */
  private static final int MOST_SAMPLES = 8;

  private Alignment() {}

  /**
   * The face of a picture, black where the picture ends.
   *
   * @param points x and y of the five, in pixels of the picture
   * @throws IOException if they cannot be those of a face in it
   */
  static Picture apply(Picture from, float[] points, int height, int width) throws IOException {
    check(from, points);
    Warp warp = toPicture(points, height, width);
    // A pixel that becomes of many is the mean of samples no further apart than pixels are.
    double shrink = Math.hypot(warp.xx(), warp.yx());
    int room = Math.max(1, PhotoImport.Options.MOST / Math.max(height, width));
    int samples = (int) Math.max(1, Math.min(Math.min(MOST_SAMPLES, room), Math.ceil(shrink)));
    ImageShape fine = new ImageShape(3, samples * height, samples * width);
    byte[] planes = new byte[fine.bytes()];
    Filters filters = new Filters(fine);
    filters.warp(
        from.toPlanes(),
        from.height(),
        from.width(),
        warp.of(Warp.stretch(1.0 / samples, 1.0 / samples)),
        planes);
    if (samples > 1) {
      planes = Arrays.copyOf(filters.shrink(planes, height, width), 3 * height * width);
    }
    return Picture.ofPlanes(planes, height, width);
  }

  private static void check(Picture from, float[] points) throws IOException {
    double x = mean(points, 0);
    double y = mean(points, 1);
    if (x < 0 || y < 0 || x > from.width() - 1 || y > from.height() - 1) {
      throw new IOException(
          "its points lie outside of the picture of %dx%d (height x width)"
              .formatted(from.height(), from.width()));
    }
    double width = 0;
    for (int i = 0; i < POINTS; i++) {
      width = Math.max(width, Math.hypot(points[2 * i] - x, points[2 * i + 1] - y));
    }
    if (width < SMALLEST) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "its points lie within %.1f pixels of their middle, wanted a face",
              width));
    }
    double eyesX = points[2] - points[0];
    double eyesY = points[3] - points[1];
    double downX = (points[6] + points[8] - points[0] - points[2]) / 2.0;
    double downY = (points[7] + points[9] - points[1] - points[3]) / 2.0;
    if (eyesX * downY - eyesY * downX < 0) {
      throw new IOException(
          "its points are mirrored: wanted first the eye and first the corner of the mouth on the"
              + " left of the picture");
    }
  }

  /**
   * From places in the aligned picture to those in the original.
   *
   * <p>In two dimensions the least squares of Umeyama (1991) are linear: with points p, template q,
   * both about their means, the matrix (a -b; b a) has a = sum p.q / sum p.p and b = sum p x q /
   * sum p.p.
   */
  static Warp toPicture(float[] points, int height, int width) {
    double scale = height / TEMPLATE_SIDE;
    double left = (width - TEMPLATE_SIDE * scale) / 2;
    double[] template = new double[TEMPLATE.length];
    for (int i = 0; i < TEMPLATE.length; i++) {
      template[i] = TEMPLATE[i] * scale + (i % 2 == 0 ? left : 0);
    }
    double px = mean(points, 0);
    double py = mean(points, 1);
    double qx = 0;
    double qy = 0;
    for (int i = 0; i < POINTS; i++) {
      qx += template[2 * i] / POINTS;
      qy += template[2 * i + 1] / POINTS;
    }
    double dot = 0;
    double cross = 0;
    double square = 0;
    for (int i = 0; i < POINTS; i++) {
      double x = points[2 * i] - px;
      double y = points[2 * i + 1] - py;
      double u = template[2 * i] - qx;
      double v = template[2 * i + 1] - qy;
      dot += x * u + y * v;
      cross += x * v - y * u;
      square += x * x + y * y;
    }
    double a = dot / square;
    double b = cross / square;
    double norm = a * a + b * b;
    double xx = a / norm;
    double xy = b / norm;
    return new Warp(xx, xy, px - xx * qx - xy * qy, -xy, xx, py + xy * qx - xx * qy);
  }

  private static double mean(float[] points, int from) {
    double sum = 0;
    for (int i = from; i < points.length; i += 2) {
      sum += points[i];
    }
    return sum / POINTS;
  }
}
