package ffc.loaders.tools;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.source.FolderSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Writes a set as folders {@code id_<label>/<label>_<n>.<ext>}, the bytes of each image untouched;
 * they tell the ending.
 */
public final class Unpack {
  private Unpack() {}

  /**
   * Unpacks a set. Where the same set was being unpacked and was stopped, files that are there
   * already with the right length are left.
   *
   * @param out folder, made if needed
   * @return images in the folder
   * @throws IllegalArgumentException if the folder holds anything else
   */
  public static long run(Dataset data, Path out, Progress progress) {
    Dataset records = Encoded.of(data);
    long images = 0;
    try (MadeFolders made = new MadeFolders(out)) {
      Path begun = begin(data, out);
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
      Files.delete(begun);
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be written: " + e.getMessage(), e);
    }
    return images;
  }

  private static Path begin(Dataset data, Path out) throws IOException {
    Path begun = out.resolve(FolderSource.UNFINISHED); // the set's fingerprint
    boolean ours = Files.exists(begun) && Files.readString(begun).equals(data.fingerprint());
    if (!ours) {
      try (Stream<Path> there = Files.list(out)) {
        if (there.findAny().isPresent()) {
          throw new IllegalArgumentException(
              out + ": holds other files already; choose another folder");
        }
      }
      Files.writeString(begun, data.fingerprint());
    }
    return begun;
  }

  private static String extension(ByteBuffer bytes) {
    try {
      return ImageFormat.of(bytes).ending();
    } catch (IOException e) {
      return "bin"; // no image
    }
  }
}
