package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CloserTest {
  private final List<String> closed = new ArrayList<>();
  private final Closer closer = new Closer();

  private AutoCloseable part(String name) {
    return () -> closed.add(name);
  }

  private AutoCloseable failing(String name, Throwable failure) {
    return () -> {
      closed.add(name);
      if (failure instanceof Error error) {
        throw error;
      }
      throw (Exception) failure;
    };
  }

  @Test
  void closesTheLastFirstAndOnce() {
    closer.add(part("a"));
    closer.add(part("b"));
    closer.close();
    closer.close();
    assertThat(closed).containsExactly("b", "a");
  }

  @Test
  void thePartThatFailsFirstIsToldAndTheOthersAreClosed() {
    IllegalStateException first = new IllegalStateException("b");
    Error second = new InternalError("a");
    Closer of =
        Closer.of(part("0"), failing("a", second), failing("b", first), failing("c", first));
    assertThatThrownBy(of::close).isSameAs(first).hasSuppressedException(second);
    assertThat(closed).containsExactly("c", "b", "a", "0");
  }

  @Test
  void checkedFailuresAreWrapped() {
    closer.add(failing("a", new IOException("disk")));
    assertThatThrownBy(closer::close).isInstanceOf(UncheckedIOException.class);
    closer.add(failing("b", new Exception("other")));
    assertThatThrownBy(closer::close).isInstanceOf(IllegalStateException.class);
    closer.add(failing("c", new InternalError("error")));
    assertThatThrownBy(closer::close).isInstanceOf(InternalError.class);
    assertThatCode(closer::close).doesNotThrowAnyException();
  }

  @Test
  void aFailureBeforeKeepsThoseOfTheClosing() {
    IllegalArgumentException before = new IllegalArgumentException("build");
    closer.add(part("a"));
    closer.add(failing("b", before));
    IOException disk = new IOException("disk");
    closer.add(failing("c", disk));
    closer.closeAfter(before);
    assertThat(before).hasSuppressedException(disk);
    assertThat(closed).containsExactly("c", "b", "a");
  }
}
