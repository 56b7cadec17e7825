package ffc.formats;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FileProblemTest {
  private static final Path FILE = Path.of("/run/a");

  @Test
  void saysWhyInWords() {
    assertThat(FileProblem.reason(new AccessDeniedException("/b"))).isEqualTo("permission denied");
    assertThat(FileProblem.reason(new NoSuchFileException("/b")))
        .isEqualTo("no such file or folder");
    assertThat(FileProblem.reason(new FileSystemException("/b", null, "No space left on device")))
        .isEqualTo("No space left on device");
    assertThat(FileProblem.reason(new FileSystemException("/b"))).isEqualTo("/b");
    assertThat(FileProblem.reason(new IOException("broken pipe"))).isEqualTo("broken pipe");
    assertThat(FileProblem.reason(new IOException())).isEqualTo("java.io.IOException");
  }

  @Test
  void namesTheFileOnce() {
    IOException cause = new AccessDeniedException("/b");
    IOException problem = FileProblem.writing(FILE, cause);
    assertThat(problem).hasMessage("/run/a: cannot be written: permission denied").hasCause(cause);
    assertThat(FileProblem.writing(Path.of("/run"), problem)).isSameAs(problem);
    assertThat(FileProblem.writing(FILE, new IOException()))
        .hasMessage("/run/a: cannot be written: java.io.IOException");
  }
}
