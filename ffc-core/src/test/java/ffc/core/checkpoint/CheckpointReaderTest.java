package ffc.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.exchange.LocalExchange;
import ffc.exchange.ThreadExchange;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is written comes back, and what is damaged is refused in one line. */
@Timeout(60)
class CheckpointReaderTest {
  @TempDir Path temp;

  private Path written(Checkpoints.Content content) throws IOException {
    return new Checkpoints(temp, 1).writeBest(content);
  }

  /** A checkpoint of one file, as another program might write it. */
  private Path byHand(String name, byte[] content) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("by-hand"));
    Files.write(folder.resolve(name), content);
    CRC32C crc = new CRC32C();
    crc.update(content);
    Files.writeString(
        folder.resolve("checksums.txt"),
        "ffc-checkpoint 1\n%08x %d %s\n".formatted(crc.getValue(), content.length, name));
    return folder;
  }

  private Path byHand(String name, String content) throws IOException {
    return byHand(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private static void refused(Path folder, String message) {
    assertThatThrownBy(() -> CheckpointReader.open(folder))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessage(message);
  }

  @Test
  void filesComeBackWithTheirVersion() throws IOException {
    byte[] content = new byte[200_000];
    new Random(3).nextBytes(content);
    Path folder =
        written(
            out -> {
              try (DataOutputStream file = out.file("data.bin", 2)) {
                file.write(content);
                file.write(7);
              }
            });
    CheckpointReader reader = CheckpointReader.open(folder);
    assertThat(reader.folder()).isEqualTo(folder);
    assertThat(reader.has("data.bin")).isTrue();
    assertThat(reader.has("other.bin")).isFalse();
    assertThat(reader.has("checksums.txt")).isFalse();
    try (CheckpointInput in = reader.file("data.bin", 3)) {
      assertThat(in.version()).isEqualTo(2);
      assertThat(in.path()).isEqualTo(folder.resolve("data.bin"));
      assertThat(in.left()).isEqualTo(content.length + 1);
      byte[] read = new byte[content.length];
      in.readFully(read);
      assertThat(read).isEqualTo(content);
      assertThat(in.readByte()).isEqualTo((byte) 7);
      in.expectEnd();
    }
  }

  @Test
  void filesWithoutAHeaderAreOfVersionZero() throws IOException {
    for (String content : List.of("", "abc", "abcd", "FFCG and more")) {
      try (CheckpointInput in =
          CheckpointReader.open(byHand("data.bin", content)).file("data.bin", 1)) {
        assertThat(in.version()).isZero();
        assertThat(in.left()).isEqualTo(content.length());
        assertThat(new String(in.readNBytes((int) in.left()), StandardCharsets.UTF_8))
            .isEqualTo(content);
      }
    }
  }

  @Test
  void aHeaderThatEndsTooEarlyIsRefused() throws IOException {
    Path folder = byHand("data.bin", "FFCF");
    assertThatThrownBy(() -> CheckpointReader.open(folder).file("data.bin", 1))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessage(folder.resolve("data.bin") + ": cannot be read: it ends too early");
  }

  @Test
  void filesOfAnotherNameOrVersionAreRefused() throws IOException {
    Path folder =
        written(
            out -> {
              out.file("data.bin", 2).close();
              out.file("zero.bin", 0).close();
            });
    CheckpointReader reader = CheckpointReader.open(folder);
    reader.file("data.bin", 2).close();
    assertThatThrownBy(() -> reader.file("data.bin", 1))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessage(
            folder.resolve("data.bin")
                + ": cannot be read: it is 'data.bin' of version 2, expected 'data.bin' of version"
                + " 1 to 1");
    assertThatThrownBy(() -> reader.file("zero.bin", 1)).hasMessageContaining("of version 0");
    Path other = byHand("other.bin", Files.readAllBytes(folder.resolve("data.bin")));
    assertThatThrownBy(() -> CheckpointReader.open(other).file("other.bin", 2))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessageContaining("it is 'data.bin' of version 2, expected 'other.bin'");
    assertThatThrownBy(() -> reader.file("none.bin", 1))
        .isNotInstanceOf(BadCheckpointException.class)
        .hasMessage(folder + ": has no file none.bin; it was written by another method or version");
  }

  @Test
  void aFolderWithoutChecksumsIsNoCheckpoint() {
    refused(
        temp,
        temp
            + ": no checkpoint, it has no checksums.txt; name a folder such as"
            + " RUN/checkpoints/step-00000400");
  }

  @Test
  void checksumsOfAnotherFormAreRefused() throws IOException {
    Path list = temp.resolve("checksums.txt");
    Files.writeString(list, "");
    refused(temp, list + ": starts with '', expected 'ffc-checkpoint 1'");
    Files.writeString(list, "ffc-checkpoint 2\n");
    refused(temp, list + ": starts with 'ffc-checkpoint 2', expected 'ffc-checkpoint 1'");
    for (String line :
        List.of("", "00000000 0", "00000000 x a", "00000000 -1 a", "00000000 0 ../a", "0 0 a/b")) {
      Files.writeString(list, "ffc-checkpoint 1\n" + line + "\n");
      refused(temp, list + ": cannot read the line '" + line + "'");
    }
  }

  @Test
  void filesThatAreNotAsTheirChecksumSaysAreRefused() throws IOException {
    Path folder = byHand("data.bin", "content");
    Path file = folder.resolve("data.bin");
    CheckpointReader.open(folder);
    Files.writeString(file, "contents");
    refused(folder, file + ": has 8 bytes, expected 7; there is no older checkpoint beside it");
    Files.writeString(file, "Content");
    assertThatThrownBy(() -> CheckpointReader.open(folder))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessageMatching(
            file
                + ": has checksum [0-9a-f]{8}, expected [0-9a-f]{8}; there is no older checkpoint"
                + " beside it");
    Files.delete(file);
    refused(folder, file + ": missing; there is no older checkpoint beside it");
    Files.createDirectories(file);
    refused(folder, file + ": missing; there is no older checkpoint beside it");
  }

  @Test
  void anOlderCheckpointIsNamedWhereThereIsOne() throws IOException {
    Path folder = Files.move(byHand("data.bin", "content"), temp.resolve("step-00000300"));
    Files.delete(folder.resolve("data.bin"));
    for (String name : List.of("step-00000400", "step-00000100.writing", "best")) {
      Files.createDirectories(temp.resolve(name));
    }
    String missing = folder.resolve("data.bin") + ": missing; ";
    refused(folder, missing + "there is no older checkpoint beside it");
    Path older = Files.createDirectories(temp.resolve("step-00000200"));
    Files.createDirectories(temp.resolve("step-00000100"));
    refused(folder, missing + "use an older checkpoint, such as " + older);
  }

  @Test
  void arraysComeBackByName() throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray first = manager.create(new float[] {1, 2, 3, -0f, 5e-40f, 6}, new Shape(2, 3));
      NDArray second = manager.create(new float[] {Float.NaN}, new Shape(1));
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      arrays.put("first", first);
      arrays.put("second", second);
      Path folder =
          written(
              out -> {
                out.tensors("some", arrays);
                out.tensors("none", Map.of());
              });
      assertThat(first.getName()).isNull();
      CheckpointReader reader = CheckpointReader.open(folder);
      Map<String, NDArray> read = reader.tensors("some", manager);
      assertThat(read).containsOnlyKeys("first", "second");
      assertThat(read.get("first").getShape()).isEqualTo(new Shape(2, 3));
      assertThat(read.get("first").toFloatArray()).isEqualTo(first.toFloatArray());
      assertThat(read.get("second").toFloatArray()).containsExactly(Float.NaN);
      assertThat(reader.tensors("none", manager)).isEmpty();

      assertThat(reader.tensor("some", "first", new Shape(2, 3), manager).toFloatArray())
          .isEqualTo(first.toFloatArray());
      assertThatThrownBy(() -> reader.tensor("some", "first", new Shape(3, 2), manager))
          .isNotInstanceOf(BadCheckpointException.class)
          .hasMessage(
              folder
                  + "/some.safetensors: first has shape (2, 3), expected (3, 2); the checkpoint"
                  + " belongs to another experiment");
      assertThatThrownBy(() -> reader.tensor("some", "third", new Shape(1), manager))
          .hasMessageContaining("some.safetensors: third is missing, expected (1)");
    }
  }

  @Test
  void arraysOfAnotherTypeAndDamagedFilesAreRefused() throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      Path folder =
          written(out -> out.tensors("ints", Map.of("n", manager.create(new int[] {1, 2}))));
      CheckpointReader reader = CheckpointReader.open(folder);
      assertThatThrownBy(() -> reader.tensors("ints", manager))
          .isInstanceOf(BadCheckpointException.class)
          .hasMessage(
              folder.resolve("ints.safetensors")
                  + ": cannot be read: key n: got I32, expected F32");
      Path damaged = byHand("some.safetensors", "1234567");
      assertThatThrownBy(() -> CheckpointReader.open(damaged).tensors("some", manager))
          .isInstanceOf(BadCheckpointException.class)
          .hasMessage(
              damaged.resolve("some.safetensors")
                  + ": cannot be read: not a valid safetensors file: got 7 bytes, wanted at least the"
                  + " 8 of the header length");
    }
  }

  @Test
  void propertiesComeBackInTheirOrder() throws IOException {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("z", "a=b");
    values.put("ä", "");
    values.put("", "no key");
    values.put("a", "1");
    Path folder = written(out -> out.properties("state", values));
    assertThat(CheckpointReader.open(folder).properties("state").entrySet())
        .containsExactlyElementsOf(values.entrySet());
  }

  @Test
  void propertiesThatMakeNoSenseAreRefused() throws IOException {
    for (String line : List.of("a", "b=2\nb=3")) {
      Path folder = byHand("state.properties", "c=1\n" + line + "\n");
      assertThatThrownBy(() -> CheckpointReader.open(folder).properties("state"))
          .isInstanceOf(BadCheckpointException.class)
          .hasMessageStartingWith(folder.resolve("state.properties") + ": cannot be read: got the")
          .hasMessageContaining("'" + line.substring(line.indexOf('\n') + 1) + "'")
          .hasMessageEndingWith("expected key=value, each key once");
    }
    Path full = byHand("state.properties", "a=" + "1".repeat((1 << 20) - 2));
    assertThat(CheckpointReader.open(full).properties("state").get("a")).hasSize((1 << 20) - 2);
    Path over = byHand("state.properties", "a=" + "1".repeat((1 << 20) - 1));
    assertThatThrownBy(() -> CheckpointReader.open(over).properties("state"))
        .hasMessageEndingWith("it has 1048577 bytes, expected at most 1048576");
  }

  @Test
  void aNoteLiesBesideTheFilesAndIsNoPartOfThem() throws IOException {
    Path folder = written(out -> out.properties("state", Map.of()));
    assertThat(CheckpointReader.open(folder).note("note.txt")).isEmpty();
    CheckpointWriter.note(folder, "note.txt", "first, longer");
    CheckpointWriter.note(folder, "note.txt", "second");
    CheckpointReader reader = CheckpointReader.open(folder);
    assertThat(reader.note("note.txt")).isEqualTo("second");
    assertThat(reader.has("note.txt")).isFalse();
    Path gone = temp.resolve("gone");
    assertThatThrownBy(() -> CheckpointWriter.note(gone, "note.txt", ""))
        .hasMessage(gone.resolve("note.txt") + ": cannot be written: no such file or folder");
    assertThat(CheckpointReader.shared(new LocalExchange(), 0, folder).note("note.txt")).isEmpty();
  }

  @Test
  void nowhereTakesEverythingAndWritesNothing() throws IOException {
    CheckpointWriter nowhere = CheckpointWriter.nowhere();
    nowhere.properties("state", Map.of("a", "1"));
    try (DataOutputStream out = nowhere.file("data.bin", 1)) {
      out.writeInt(1);
    }
    assertThat(temp).isEmptyDirectory();
  }

  /** One file is left half read by all, one has several chunks. */
  @Test
  void allTrainersReadTheCheckpointOfOne() throws Exception {
    byte[] content = new byte[2_500_000];
    new Random(4).nextBytes(content);
    Path folder =
        written(
            out -> {
              out.properties("state", Map.of("a", "1", "b", "2"));
              try (DataOutputStream file = out.file("data.bin", 1)) {
                file.write(content);
              }
            });
    List<byte[]> all =
        ThreadExchange.together(
            3,
            false,
            exchange -> {
              CheckpointReader reader =
                  CheckpointReader.shared(
                      exchange, 1, exchange.rank() == 1 ? folder : temp.resolve("elsewhere"));
              assertThat(reader.folder()).isEqualTo(folder);
              assertThat(reader.has("state.properties")).isTrue();
              try (CheckpointInput in = reader.file("data.bin", 1)) {
                assertThat(in.readByte()).isEqualTo(content[0]);
              }
              assertThat(reader.properties("state")).containsEntry("b", "2");
              try (CheckpointInput in = reader.file("data.bin", 1)) {
                assertThat(in.left()).isEqualTo(content.length);
                return in.readNBytes(content.length);
              }
            });
    for (byte[] each : all) {
      assertThat(each).isEqualTo(content);
    }
  }
}
