package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.image.ImageFormat;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * Pictures whose identities are not known: every image file below a folder, in the order of their
 * paths, as a list that opens as a set of one identity.
 *
 * @param pictures how many there are
 * @param others files that are none by their ending, hidden, or named by more than a line of text
 */
public record PictureList(long pictures, long others) {
  /**
   * Lists them.
   *
   * @param list receives {@code 0<TAB>path} lines of absolute paths; replaced
   * @throws BadDataException if there is no picture, or a folder cannot be listed
   */
  public static PictureList write(Path folder, Path list) {
    long pictures = 0;
    long others = 0;
    try (Stream<Path> walk = Files.walk(folder.toAbsolutePath(), FileVisitOption.FOLLOW_LINKS);
        BufferedWriter lines = Files.newBufferedWriter(list)) {
      for (Iterator<Path> files = walk.filter(Files::isRegularFile).sorted().iterator();
          files.hasNext(); ) {
        Path file = files.next();
        String name = file.getFileName().toString();
        if (!FolderSource.isImage(name)
            || name.startsWith(".")
            || file.toString().matches("(?s).*[\t\n\r\uFFFD].*")) {
          others++;
        } else {
          lines.write("0\t" + file + "\n");
          pictures++;
        }
      }
      if (pictures == 0) {
        throw new BadDataException(
            folder
                + ": no "
                + ImageFormat.ANY_ENDING
                + " below it; ./ffc data import tells pictures by their bytes");
      }
    } catch (IOException | UncheckedIOException e) {
      throw new BadDataException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
    return new PictureList(pictures, others);
  }
}
