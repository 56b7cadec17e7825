package ffc.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    Map<String, HostTensor> state = WeightFile.read(Fixtures.file("trained.pth"));
    assertThat(state.keySet()).containsExactly("weight", "bias");
    assertThat(state.get("weight").toFloats()).containsOnly(0.25f);
  }

  @Test
  void refusesToRunCode() {
    assertThatThrownBy(() -> WeightFile.read(Fixtures.file("harmful.pth")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("harmful.pth: data.pkl offset")
        .hasMessageContaining(".system, which is refused");
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
        CheckpointPickle.read(pickle);
      } catch (IllegalArgumentException e) {
        assertThat(e).as("seed %d", seed).hasMessageContaining("offset");
      }
    }
  }
}
