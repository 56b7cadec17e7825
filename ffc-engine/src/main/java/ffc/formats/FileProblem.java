package ffc.formats;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Says which file a disk refused and why: Java's own messages leave out one or the other. */
public final class FileProblem {
  private static final String WRITTEN = ": cannot be written: ";

  private FileProblem() {}

  /** The problem of a file that was to be written, named once. */
  public static IOException writing(Path file, IOException problem) {
    return problem.getMessage() != null && problem.getMessage().contains(WRITTEN)
        ? problem
        : new IOException(file + WRITTEN + reason(problem), problem);
  }

  /** What went wrong, without the file's name. */
  public static String reason(IOException problem) {
    if (problem instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (problem instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (problem instanceof FileSystemException refused && refused.getReason() != null) {
      return refused.getReason();
    }
    return problem.getMessage() == null ? problem.toString() : problem.getMessage();
  }
}
