package ffc.loaders.tools;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a set as folders {@code id_<label>/<label>_<n>.<ext>}, the bytes of each image untouched;
 * they tell the ending.
 */
public final class Unpack {
  private Unpack() {}

  /**
   * Unpacks a set; files that are there already with the right length are left, so that a run that
   * was stopped can go on.
   *
   * @param out folder, made if needed
   * @return images in the folder
   */
  public static long run(Dataset data, Path out, Progress progress) {
    Dataset records = Encoded.of(data);
    long images = 0;
    try {
      for (long id = 0; id < data.identities(); id++) {
        Path folder = out.resolve("id_" + id);
        Files.createDirectories(folder);
        long first = data.firstImage(id);
        for (long image = first; image < data.firstImage(id + 1); image++) {
          ByteBuffer bytes = records.encoded(image);
          Path file = folder.resolve(id + "_" + (image - first) + "." + extension(bytes));
          if (!Files.exists(file) || Files.size(file) != bytes.remaining()) {
            try (AsideFile aside = new AsideFile(file)) {
              aside.write(bytes);
              aside.commitUnforced();
            }
          }
          images++;
        }
        progress.report("identities", id + 1, data.identities());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be written: " + e.getMessage(), e);
    }
    return images;
  }

  private static String extension(ByteBuffer bytes) {
    if (bytes.remaining() < 2) {
      return "bin";
    }
    return switch (bytes.get(bytes.position()) & 0xff) {
      case 0xff -> "jpg";
      case 0x89 -> "png";
      case 'B' -> "bmp";
      default -> "bin";
    };
  }
}
