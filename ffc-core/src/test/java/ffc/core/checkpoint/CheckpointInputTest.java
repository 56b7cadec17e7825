package ffc.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class CheckpointInputTest {
  private static final Path FILE = Path.of("/run/data.bin");
  private static final String CANNOT = FILE + ": cannot be read: ";

  private static CheckpointInput of(int... bytes) {
    byte[] content = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      content[i] = (byte) bytes[i];
    }
    return CheckpointInput.of(new ByteArrayInputStream(content), content.length, FILE);
  }

  @Test
  void countsWhatIsLeft() throws IOException {
    CheckpointInput in = of(0xff, 1, 2, 3, 4, 5);
    assertThat(in.read()).isEqualTo(0xff);
    assertThat(in.left()).isEqualTo(5);
    assertThat(in.skip(2)).isEqualTo(2);
    assertThat(in.left()).isEqualTo(3);
    assertThat(in.read(new byte[0])).isZero();
    byte[] into = new byte[9];
    assertThat(in.read(into, 1, 2)).isEqualTo(2);
    assertThat(into).containsExactly(0, 3, 4, 0, 0, 0, 0, 0, 0);
    assertThatThrownBy(in::expectEnd)
        .isInstanceOf(BadCheckpointException.class)
        .hasMessage(CANNOT + "1 bytes follow where it should end");
    assertThat(in.skip(10)).isEqualTo(1);
    assertThat(in.left()).isZero();
    in.expectEnd();
  }

  @Test
  void markedPlacesAreGoneBackTo() throws IOException {
    CheckpointInput in = of(1, 2, 3);
    in.readByte();
    in.mark(2);
    in.readByte();
    in.reset();
    assertThat(in.left()).isEqualTo(2);
    assertThat(in.readByte()).isEqualTo((byte) 2);
  }

  @Test
  void theEndComesTooEarly() throws IOException {
    assertThatThrownBy(() -> of(1, 2, 3).readInt())
        .isInstanceOf(BadCheckpointException.class)
        .hasMessage(CANNOT + "it ends too early");
    assertThatThrownBy(() -> of().read()).hasMessage(CANNOT + "it ends too early");
    assertThatThrownBy(() -> of().read(new byte[1])).hasMessage(CANNOT + "it ends too early");
  }

  @Test
  void nothingIsReadPastTheSizeThatWasSaid() throws IOException {
    CheckpointInput in = CheckpointInput.of(new ByteArrayInputStream(new byte[9]), 5, FILE);
    assertThat(in.read(new byte[9])).isEqualTo(5);
    assertThatThrownBy(in::readByte).hasMessage(CANNOT + "it ends too early");
  }

  @Test
  void aShorterFileThanWasSaidEndsTooEarly() {
    CheckpointInput in = CheckpointInput.of(new ByteArrayInputStream(new byte[3]), 5, FILE);
    assertThatThrownBy(() -> in.readFully(new byte[5])).hasMessage(CANNOT + "it ends too early");
  }

  @Test
  void anErrorOfTheDiskIsABadCheckpoint() {
    IOException problem = new IOException("Input/output error");
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw problem;
          }

          @Override
          public int read(byte[] into, int from, int length) throws IOException {
            throw problem;
          }
        };
    assertThatThrownBy(() -> CheckpointInput.of(broken, 5, FILE).readInt())
        .isInstanceOf(BadCheckpointException.class)
        .hasMessage(CANNOT + "Input/output error")
        .hasCause(problem);
  }

  @Test
  void closesItsStream() throws IOException {
    AtomicBoolean closed = new AtomicBoolean();
    InputStream stream =
        new ByteArrayInputStream(new byte[1]) {
          @Override
          public void close() {
            closed.set(true);
          }
        };
    CheckpointInput.of(stream, 1, FILE).close();
    assertThat(closed).isTrue();
  }
}
