package ffc.runs.train;

import ffc.formats.FileProblem;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Optional;

/** What the machine refused the program: memory of the JVM, files. */
public final class Surroundings {
  private Surroundings() {}

  /**
   * A line that says what was refused and what helps, wherever in a chain of causes it stands;
   * empty for failures of another kind.
   */
  public static Optional<String> refusal(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return Optional.of(
            "out of memory (%s) with a heap of %d MB; a larger one: FFC_JAVA_OPTS=-Xmx4g"
                .formatted(cause.getMessage(), Runtime.getRuntime().maxMemory() >> 20));
      }
      String message = cause.getMessage();
      if (cause instanceof IOException && message != null && message.contains(": cannot be ")) {
        return Optional.of(message);
      }
      if (cause instanceof FileSystemException refused && refused.getFile() != null) {
        return Optional.of(refused.getFile() + ": " + FileProblem.reason(refused));
      }
    }
    return Optional.empty();
  }
}
