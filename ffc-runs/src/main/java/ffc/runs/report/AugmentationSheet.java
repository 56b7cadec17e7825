package ffc.runs.report;

import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.image.Augmentation;
import ffc.loaders.sample.Keyed;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;

/**
 * A contact sheet of training images: each as it is stored at the left, then as it may come to the
 * network. Every second line shows an identity's only image, as far as some are found soon.
 */
public final class AugmentationSheet {
  private static final int LINES = 10;
  private static final int VARIANTS = 11;
  private static final int TRIES = 500;
  private static final int GAP = 4;

  /** Pictures of less are shown enlarged. */
  private static final int SIDE = 64;

  private AugmentationSheet() {}

  /**
   * The sheet as a PNG.
   *
   * @param shape of the images
   * @param seed decides which images are shown and what happens to them
   * @throws ffc.loaders.data.BadDataException if an image cannot be decoded
   */
  public static byte[] png(Dataset data, DataConfig config, ImageShape shape, long seed) {
    Augmentation several = new Augmentation(config.augment(), shape);
    Augmentation single = new Augmentation(config.augmentationOfSingles(), shape);
    int factor = Math.max(1, SIDE / shape.width());
    int width = factor * shape.width() + GAP;
    int height = factor * shape.height() + GAP;
    BufferedImage sheet =
        new BufferedImage((VARIANTS + 1) * width + GAP, LINES * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(new Color(0x80, 0x80, 0x80));
    graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    ByteBuffer pixels = ByteBuffer.allocateDirect(shape.bytes());
    for (int line = 0; line < LINES; line++) {
      long image = image(data, seed, line);
      boolean alone = isSingle(data, image);
      for (int variant = 0; variant <= VARIANTS; variant++) {
        data.decode(image, shape, pixels, 0);
        if (variant > 0) {
          (alone ? single : several).apply(Keyed.hash(seed, image, variant), pixels, 0);
        }
        graphics.drawImage(
            ImagePng.picture(pixels, shape),
            variant * width + (variant == 0 ? 0 : GAP),
            line * height,
            factor * shape.width(),
            factor * shape.height(),
            null);
      }
    }
    graphics.dispose();
    return ImagePng.encoded(sheet);
  }

  private static long image(Dataset data, long seed, int line) {
    long image = 0;
    for (int attempt = 0; attempt < TRIES; attempt++) {
      image = Keyed.below(Keyed.hash(seed, line, attempt), data.images());
      if (isSingle(data, image) == (line % 2 == 1)) {
        break;
      }
    }
    return image;
  }

  private static boolean isSingle(Dataset data, long image) {
    return data.imageCount(data.identityOf(image)) == 1;
  }
}
