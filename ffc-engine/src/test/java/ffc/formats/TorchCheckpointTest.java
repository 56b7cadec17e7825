package ffc.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TorchCheckpointTest {
  @TempDir Path folder;

  @Test
  void readsDenseStridedAndSharedTensors() {
    Map<String, HostTensor> state = WeightFile.read(Fixtures.file("plain.pth"));
    assertThat(state.keySet())
        .containsExactly(
            "dense",
            "transposed",
            "row",
            "channels_last",
            "expanded",
            "half",
            "bfloat",
            "double",
            "count",
            "empty");
    assertThat(state.get("dense")).isEqualTo(HostTensor.of(Fixtures.ramp(), 2, 3, 4));
    assertThat(state.get("channels_last")).isEqualTo(HostTensor.of(Fixtures.ramp(), 1, 2, 3, 4));
    assertThat(state.get("transposed").shape()).containsExactly(6, 4);
    float[] transposed = state.get("transposed").toFloats();
    for (int r = 0; r < 6; r++) {
      for (int c = 0; c < 4; c++) {
        assertThat(transposed[r * 4 + c]).isEqualTo(Fixtures.ramp(c * 6 + r));
      }
    }
    assertThat(state.get("row").toFloats()).startsWith(Fixtures.ramp(12)).hasSize(6);
    assertThat(state.get("expanded").toFloats()).containsExactly(1.5f, -2, 1.5f, -2, 1.5f, -2);
    assertThat(state.get("half").type()).isEqualTo(ElementType.F16);
    assertThat(state.get("half").toFloats())
        .containsExactly(1, -0.5f, 65504, 0x1p-24f, Float.POSITIVE_INFINITY);
    assertThat(state.get("bfloat").toFloats()).startsWith(1, -3.140625f).hasSize(3);
    assertThat(state.get("double").toFloats()).containsExactly(1 / 3f);
    assertThat(state.get("count").shape()).isEmpty();
    assertThat(state.get("count").toLongs()).containsExactly(12345678901L);
    assertThat(state.get("empty").shape()).containsExactly(0, 5);
  }

  @Test
  void findsTheNetworkInATrainingCheckpoint() {
    for (WeightFile.Network found :
        List.of(
            WeightFile.network(Fixtures.file("trained.pth")),
            known(Fixtures.file("trained.pth"), "weight", "bias"))) {
      assertThat(found.tensors()).containsOnlyKeys("weight", "bias");
      assertThat(found.tensors().get("weight").toFloats()).containsOnly(0.25f);
      assertThat(found.prefix()).isEqualTo("state_dict.module.");
      assertThat(found.leftOver()).containsExactly("optimizer.state.0.momentum_buffer");
    }
  }

  @Test
  void findsANetworkInWrappersBesideValuesOfOtherLibraries() {
    for (WeightFile.Network found :
        List.of(
            WeightFile.network(Fixtures.file("wrapped.pth")),
            known(Fixtures.file("wrapped.pth"), "weight", "bias"))) {
      assertThat(found.tensors()).containsOnlyKeys("weight", "bias");
      assertThat(found.leftOver()).contains("head.weight");
    }
    assertThat(WeightFile.network(Fixtures.file("wrapped.pth")).prefix())
        .isEqualTo("network._orig_mod.module.");
    assertThatThrownBy(() -> known(Fixtures.file("wrapped.pth"), "weight", "bias", "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("wrapped.pth: the stored network is another one; missing x");
  }

  @Test
  void filesBeforePyTorch16HoldTheSame() {
    assertThat(WeightFile.read(Fixtures.file("legacy.pth")))
        .isEqualTo(WeightFile.read(Fixtures.file("plain.pth")));
  }

  @Test
  void everyTruncationOfALegacyFileIsReported() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.file("legacy.pth"));
    for (int length = 0; length < whole.length; length += 13) {
      Path file = Files.write(folder.resolve("cut.pth"), java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> WeightFile.read(file))
          .as("%d bytes", length)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cut.pth");
    }
  }

  @Test
  void whatOtherGlobalsWouldMakeIsNotMade() {
    assertThat(WeightFile.read(Fixtures.file("harmful.pth"))).containsOnlyKeys("weight");
  }

  @Test
  void weightsThatAreNotFiniteAreNamed() {
    assertThatThrownBy(() -> known(Fixtures.file("plain.pth"), "half"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("plain.pth: key half: value 4 is Infinity");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | an empty file",
        "version https://git-lfs.github.com/spec/v1 | git lfs pull",
        "'<!DOCTYPE html>' | a web page",
        "\u0080\u0002}. | a pickle that torch.save did not write",
        "'\b\u0007\u0012\u0007pytorch' | an ONNX model without arrays",
        "PK\u0003\u0004 | not a whole PyTorch checkpoint",
        "anything at all | got a text, wanted weights",
        "'x\u0001\u0002anything' | got bytes of no format that is known here, wanted weights"
      })
  void theFirstBytesTellWhatAFileIs(String start, String message) throws IOException {
    Path file =
        Files.write(folder.resolve("weights.pth"), start.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> WeightFile.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  /** Pickles that a reader must not follow, by what a careless one does with them. */
  @Test
  @Timeout(60)
  void hostilePicklesAreBadInput() throws IOException {
    // A key of tuples of tuples: its hash takes 2^60 steps.
    StringBuilder tuples = new StringBuilder("\u0080\u0002})q\0");
    for (int i = 0; i < 60; i++) {
      tuples.append("h\0h\0\u0086q\0");
    }
    refused(tuples + "K\u0001s.", "a key that is no text or number");
    // A list that holds itself, as the name of a storage: its text has no end.
    refused("\u0080\u0002]q\0h\0aQ.", "a storage without type");
    // Something put into a dictionary, items into a list, and a dictionary set to a number.
    String otherKind = "pickle is corrupt: a value is of another kind than its place wants";
    refused("\u0080\u0002}K\u0001a.", otherKind);
    refused("\u0080\u0002](K\u0001K\u0002u.", otherKind);
    refused("\u0080\u0002K\u0001K\u0002K\u0003s.", otherKind);
    long large = 1L << 62;
    refused(view(0, new long[] {3, 3}, new long[] {large, large}), "wanted a view inside it");
    refused(view(0, new long[] {large, 4}, new long[] {0, 0}), "wanted a view inside it");
    refused(view(0, new long[] {large, 4, 0}, new long[] {1, 1, 1}), "wanted a view inside it");
    refused(view(Long.MAX_VALUE, new long[] {2}, new long[] {1}), "wanted a view inside it");
    refused(view(-1, new long[] {2}, new long[] {1}), "wanted a view inside it");
    refused(view(0, new long[] {1 << 28}, new long[] {0}), "expand to");
  }

  private void refused(String pickle, String message) throws IOException {
    Path file = folder.resolve("hostile.pth");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("a/data.pkl"));
      zip.write(pickle.getBytes(StandardCharsets.ISO_8859_1));
      zip.putNextEntry(new ZipEntry("a/data/0"));
      zip.write(new byte[16]);
    }
    assertThatThrownBy(() -> WeightFile.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  /** {"w": a view into a storage of four floats}. */
  private static String view(long offset, long[] shape, long[] stride) {
    return "\u0080\u0002}X\u0001\0\0\0wctorch._utils\n_rebuild_tensor_v2\n(("
        + "X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0"
        + "0X\u0003\0\0\0cpuK\u0004tQ"
        + number(offset)
        + numbers(shape)
        + numbers(stride)
        + "tRs.";
  }

  private static String numbers(long[] values) {
    StringBuilder tuple = new StringBuilder("(");
    for (long value : values) {
      tuple.append(number(value));
    }
    return tuple + "t";
  }

  private static String number(long value) {
    StringBuilder text = new StringBuilder("\u008a\b");
    for (int i = 0; i < 8; i++) {
      text.append((char) (value >> 8 * i & 0xff));
    }
    return text.toString();
  }

  @Test
  void everyTruncationIsReportedAsBadInput() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.file("trained.pth"));
    for (int length = 0; length < whole.length; length += 97) {
      Path file = Files.write(folder.resolve("cut.pth"), java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> TorchCheckpoint.read(file))
          .as("%d bytes", length)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cut.pth");
    }
  }

  @Test
  void aDamagedFileNeverGivesOtherValues() throws IOException {
    Path original = Fixtures.file("plain.pth");
    byte[] whole = Files.readAllBytes(original);
    Map<String, HostTensor> wanted = TorchCheckpoint.read(original);
    Random random = new Random(11);
    int refused = 0;
    for (int trial = 0; trial < 300; trial++) {
      byte[] damaged = whole.clone();
      int at = random.nextInt(damaged.length);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      Path file = Files.write(folder.resolve("damaged.pth"), damaged);
      try {
        // Padding and time stamps carry no values.
        assertThat(TorchCheckpoint.read(file)).as("byte %d", at).isEqualTo(wanted);
      } catch (IllegalArgumentException e) {
        refused++;
        assertThat(e).as("byte %d", at).hasMessageContaining("damaged.pth");
      }
    }
    assertThat(refused).isGreaterThan(30);
  }

  @Test
  void arbitraryPicklesEndInOneKindOfError() {
    for (int seed = 0; seed < 3000; seed++) {
      Random random = new Random(seed);
      byte[] pickle = new byte[random.nextInt(60)];
      String likely = "(.)]}NJKMGXtqrhjaesucRQb0\u0085\u0086\u0087\u0088\u0094";
      for (int i = 0; i < pickle.length; i++) {
        pickle[i] =
            (byte)
                (random.nextInt(3) == 0
                    ? random.nextInt(256)
                    : likely.charAt(random.nextInt(likely.length())));
      }
      try {
        CheckpointPickle.read(ByteBuffer.wrap(pickle));
      } catch (IllegalArgumentException e) {
        assertThat(e).as("seed %d", seed).hasMessageContaining("offset");
      }
    }
  }

  /** The arrays of some names, with the shapes that they have in that file. */
  private static WeightFile.Network known(Path file, String... names) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (String name : names) {
      long[] shape =
          WeightFile.read(file).entrySet().stream()
              .filter(array -> ("." + array.getKey()).endsWith("." + name))
              .map(array -> array.getValue().shape())
              .findFirst()
              .orElse(new long[0]);
      shapes.put(name, shape);
    }
    return WeightFile.network(file, shapes, arrays -> "");
  }
}
