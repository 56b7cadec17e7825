package ffc.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStreamTest {
  @TempDir Path temp;

  private static void content(CheckpointWriter out) throws IOException {
    byte[] bytes = new byte[(5 << 20) + 3];
    new Random(5).nextBytes(bytes);
    try (DataOutputStream large = out.file("large.bin", 1)) {
      large.write(bytes);
    }
    out.file("none.bin", 1).close();
    out.properties("state", Map.of("step", "7"));
  }

  private static byte[] sent() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CheckpointStream.send(new DataOutputStream(bytes), CheckpointStreamTest::content);
    return bytes.toByteArray();
  }

  private void receive(byte[] bytes, Path folder) throws IOException {
    Files.createDirectories(folder);
    CheckpointStream.receive(new DataInputStream(new ByteArrayInputStream(bytes)), folder);
  }

  @Test
  void whatArrivesIsTheCheckpointThatWouldHaveBeenWritten() throws IOException {
    Path written = new Checkpoints(temp.resolve("run"), 1).write(7, CheckpointStreamTest::content);
    Path arrived = temp.resolve("arrived");

    receive(sent(), arrived);

    CheckpointReader.open(arrived);
    assertThat(names(arrived)).isEqualTo(names(written)).hasSize(4);
    for (String name : names(written)) {
      assertThat(arrived.resolve(name)).hasSameBinaryContentAs(written.resolve(name));
    }
  }

  /** Nothing of it goes through the sender's disk. */
  @Test
  void theContentIsOnItsWayBeforeItIsWhole() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CheckpointStream.send(
        new DataOutputStream(bytes),
        out -> {
          try (DataOutputStream file = out.file("a.bin", 1)) {
            file.write(new byte[3 << 20]);
            assertThat(bytes.size()).isGreaterThan(2 << 20);
          }
        });
  }

  @Test
  void damageIsNoticed() throws IOException {
    byte[] bytes = sent();
    bytes[bytes.length / 2] ^= 1;
    receive(bytes, temp.resolve("flipped"));
    assertThatThrownBy(() -> CheckpointReader.open(temp.resolve("flipped")))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessageContaining("large.bin: has checksum");
    ByteArrayOutputStream foreign = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(foreign);
    out.writeUTF("../x");
    assertThatThrownBy(() -> receive(foreign.toByteArray(), temp.resolve("outside")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("names a file '../x'");
    foreign.reset();
    out.writeUTF("x");
    out.writeInt(-1);
    assertThatThrownBy(() -> receive(foreign.toByteArray(), temp.resolve("length")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a block of -1 bytes");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
