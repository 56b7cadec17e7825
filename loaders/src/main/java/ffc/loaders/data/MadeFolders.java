package ffc.loaders.data;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder to write into, made with all above it that are missing. Those of them that are empty
 * when it is closed, or at a signal, are taken back: work that is refused, fails or is stopped at
 * its beginning leaves nothing.
 */
public final class MadeFolders implements AutoCloseable {
  /** Innermost first. */
  private final List<Path> made = new ArrayList<>();

  /**
   * Makes the folder if it is not there.
   *
   * @throws IllegalArgumentException if that is refused; one line with the folder
   */
  public MadeFolders(Path folder) {
    for (Path at = folder.toAbsolutePath(); at != null && !Files.exists(at); ) {
      made.add(at);
      at = at.getParent();
    }
    try {
      Files.createDirectories(folder);
      // A signal ends the process without a close; what was registered last goes first.
      for (int i = made.size() - 1; i >= 0; i--) {
        made.get(i).toFile().deleteOnExit();
      }
    } catch (IOException e) {
      close();
      throw new IllegalArgumentException(
          folder + ": cannot be made: " + reason(e) + "; choose another place", e);
    }
  }

  private static String reason(IOException problem) {
    if (problem instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (problem instanceof NoSuchFileException missing) {
      return missing.getFile() + " takes no folders";
    }
    return problem instanceof FileSystemException refused && refused.getReason() != null
        ? refused.getReason()
        : "there is a file in its place";
  }

  /** Whether the folder was not there before. */
  public boolean isNew() {
    return !made.isEmpty();
  }

  @Override
  public void close() {
    for (Path folder : made) {
      try {
        Files.deleteIfExists(folder);
      } catch (DirectoryNotEmptyException e) {
        return; // it holds what was made, or someone else's files by now
      } catch (IOException e) {
        return; // as harmless as an empty folder is
      }
    }
  }
}
