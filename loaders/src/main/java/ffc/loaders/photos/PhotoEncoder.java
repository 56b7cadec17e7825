package ffc.loaders.photos;

import ffc.loaders.image.ImageDecoder;
import ffc.loaders.image.JdkCodecs;
import ffc.loaders.image.Picture;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Stores pictures as JPEG of quality 95, as the packs of the field do; by the JDK's writer. */
final class PhotoEncoder {
  private static final float QUALITY = 0.95f;

  private PhotoEncoder() {}

  /**
   * Encodes a picture.
   *
   * @param channels 3, or 1 for luma (ITU-R 601)
   */
  static byte[] encode(Picture picture, int channels) throws IOException {
    int area = picture.height() * picture.width();
    boolean gray = channels == 1;
    BufferedImage image =
        new BufferedImage(
            picture.width(),
            picture.height(),
            gray ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
    byte[] pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    byte[] from = picture.pixels();
    for (int i = 0, p = 0; i < area; i++, p += 3) {
      if (gray) {
        pixels[i] = ImageDecoder.luma(from[p] & 0xff, from[p + 1] & 0xff, from[p + 2] & 0xff);
      } else {
        pixels[p] = from[p + 2];
        pixels[p + 1] = from[p + 1];
        pixels[p + 2] = from[p];
      }
    }
    ImageWriter writer = JdkCodecs.writer("jpeg");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(QUALITY);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
