package ffc.loaders.tools;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.image.JdkCodecs;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import javax.imageio.IIOImage;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Stores the images of any set anew as a JPEG pack: test data of any size for loaders. */
public final class SynthPack {
  private SynthPack() {}

  /**
   * Writes a pack.
   *
   * @param shape size of the images; three channels
   * @param quality JPEG quality in (0, 1]
   * @return bytes of the pack
   */
  public static long run(
      Dataset data, ImageShape shape, float quality, Path rec, Progress progress) {
    AsideFile.refuseExisting(rec);
    RecordIoWriter.check(rec, data.identities());
    BufferedImage image =
        new BufferedImage(shape.width(), shape.height(), BufferedImage.TYPE_3BYTE_BGR);
    byte[] pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    ByteBuffer planes = ByteBuffer.allocate(shape.bytes());
    int area = shape.height() * shape.width();
    ImageWriter writer = JdkCodecs.writer("jpeg");
    ImageWriteParam param = writer.getDefaultWriteParam();
    param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    param.setCompressionQuality(quality);
    try (MadeFolders made = new MadeFolders(rec.toAbsolutePath().getParent());
        RecordIoWriter pack = new RecordIoWriter(rec, data.identities())) {
      for (long id = 0; id < data.identities(); id++) {
        pack.identity();
        for (long i = data.firstImage(id); i < data.firstImage(id + 1); i++) {
          data.decode(i, shape, planes, 0);
          for (int p = 0; p < area; p++) {
            pixels[3 * p] = planes.get(p + 2 * area);
            pixels[3 * p + 1] = planes.get(p + area);
            pixels[3 * p + 2] = planes.get(p);
          }
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), param);
          }
          pack.image(ByteBuffer.wrap(bytes.toByteArray()));
        }
        progress.report("identities", id + 1, data.identities());
      }
      pack.commit(shape.height(), shape.width());
      return java.nio.file.Files.size(rec);
    } catch (IOException e) {
      throw new UncheckedIOException(rec + ": cannot be written: " + e.getMessage(), e);
    } finally {
      writer.dispose();
    }
  }
}
