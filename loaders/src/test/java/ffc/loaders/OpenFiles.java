package ffc.loaders;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files that this process has open. */
public final class OpenFiles {
  private OpenFiles() {}

  /** Those below a folder, by path. */
  public static List<String> below(Path folder) {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      String within = folder.toRealPath() + "/";
      return open.map(OpenFiles::target).filter(path -> path.startsWith(within)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }
}
