package ffc.loaders.photos;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.decode.PhotoDecoder;
import ffc.loaders.image.Fit;
import ffc.loaders.image.ImageFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads single photographs of any size as a network takes them: decoded, turned, scaled and
 * converted as {@link PhotoImport} does it, but not stored in between.
 */
public final class PhotoReader {
  private PhotoReader() {}

  /**
   * Reads a picture.
   *
   * @param out receives u8 [channels, height, width]; its position and limit are not used or moved
   * @param offset byte of {@code out} that the picture starts at
   * @return the file as it is
   * @throws BadDataException if it is none that can be read; one line with the file and the reason
   */
  public static byte[] read(Path file, Fit fit, ImageShape shape, ByteBuffer out, int offset) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new IOException(Files.exists(file) ? "is no file" : "no such file");
      }
      byte[] bytes = Files.readAllBytes(file);
      ImageFormat format = ImageFormat.of(bytes);
      if (format == ImageFormat.OTHER || format == ImageFormat.HEIF) {
        throw new IOException(
            "is none of the pictures that are read: JPEG, PNG, WebP, GIF, BMP, TIFF");
      }
      PhotoDecoder.decode(ByteBuffer.wrap(bytes), format, pixels -> {})
          .fitted(fit, shape.height(), shape.width())
          .put(shape.channels(), out, offset);
      return bytes;
    } catch (IOException e) {
      String reason = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new BadDataException(file + ": " + reason.replaceAll("\\s*\\R\\s*", " "), e);
    }
  }
}
