package ffc.cli.report;

import ffc.core.EvaluateConfig;
import ffc.loaders.BadDataException;
import ffc.loaders.DataConfig;
import ffc.loaders.Dataset;
import ffc.loaders.ImageShape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** Pictures from the evaluation sets of an experiment; a set is opened when first asked for. */
public final class DatasetPictures implements Pictures, AutoCloseable {
  private final List<EvaluateConfig> sets;
  private final ImageShape shape;
  private final Map<String, Dataset> open = new HashMap<>();

  /**
   * @param sets the evaluation sets; those of pairs have no pictures
   * @param shape of the images
   */
  public DatasetPictures(List<EvaluateConfig> sets, ImageShape shape) {
    this.sets = List.copyOf(sets);
    this.shape = shape;
  }

  @Override
  public byte[] png(String set, long image) {
    String name = set.replaceFirst("@gallery$", "");
    try {
      if (!open.containsKey(name)) {
        open.put(name, open(name));
      }
      Dataset dataset = open.get(name);
      return dataset == null || image >= dataset.images() ? null : encode(dataset, image);
    } catch (BadDataException e) {
      return null; // the set may have moved since the run: a report without pictures is still one
    }
  }

  private Dataset open(String name) {
    for (EvaluateConfig set : sets) {
      boolean labelled =
          set.format() != EvaluateConfig.Format.bin && set.format() != EvaluateConfig.Format.pairs;
      if (set.name().equals(name) && labelled) {
        return Dataset.open(
            new DataConfig.Source(DataConfig.Format.valueOf(set.format().name()), set.path()));
      }
    }
    return null;
  }

  private byte[] encode(Dataset dataset, long image) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(shape.bytes());
    dataset.decode(image, shape, pixels, 0);
    int plane = shape.height() * shape.width();
    boolean gray = shape.channels() == 1;
    BufferedImage picture =
        new BufferedImage(
            shape.width(),
            shape.height(),
            gray ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < plane; i++) {
      int x = i % shape.width();
      int y = i / shape.width();
      if (gray) {
        picture.getRaster().setSample(x, y, 0, pixels.get(i) & 0xff);
      } else {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          rgb = rgb << 8 | (pixels.get(c * plane + i) & 0xff);
        }
        picture.setRGB(x, y, rgb);
      }
    }
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(picture, "png", bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    open.values()
        .forEach(
            dataset -> {
              if (dataset != null) {
                dataset.close();
              }
            });
  }
}
