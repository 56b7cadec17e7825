package ffc.loaders.pairs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.VerificationSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Quickstart;
import ffc.loaders.data.VerificationSet;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BinPairsTest {
  @TempDir Path dir;

  @Test
  void readsTheQuickstartPairs() {
    try (VerificationSet set = VerificationSets.openBin(Quickstart.ROOT.resolve("open.bin"))) {
      assertThat(set.pairs()).isEqualTo(6000);
      assertThat(set.images()).isEqualTo(12_000);
      int same = 0;
      ByteBuffer out = ByteBuffer.allocateDirect(1024);
      for (int i = 0; i < set.pairs(); i++) {
        same += set.same(i) ? 1 : 0;
        set.decode(2 * i, Quickstart.SHAPE, out, 0);
        set.decode(2 * i + 1, Quickstart.SHAPE, out, 0);
      }
      assertThat(same).isEqualTo(3000);
    }
  }

  /** Two pairs of 4x3 images as Python wrote them; see {@code pickles/make.py}. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes-0",
        "bytes-1",
        "bytes-2",
        "bytes-3",
        "bytes-4",
        "bytes-5",
        "numpy-0",
        "numpy-1",
        "numpy-2",
        "numpy-3",
        "numpy-4",
        "numpy-5",
        "bytearray-5",
        "flags-array-2",
        "flags-array-5",
        "column-2",
        "column-5",
        "row-2",
        "row-5",
        "lists-2",
        "lists-5",
        "int-flags-2",
        "int-flags-5",
        "float-flags-2",
        "float-flags-5",
        "numpy-int-flags-2",
        "numpy-int-flags-5",
        "numpy-float-flags-2",
        "numpy-float-flags-5",
        "int-array-2",
        "int-array-5",
        "float-array-2",
        "float-array-5",
        "object-array-2",
        "object-array-5",
        "py2str-0",
        "py2str-1",
        "py2str-2"
      })
  void readsAllProtocolsAndEntryTypes(String name) {
    try (VerificationSet set =
        VerificationSets.openBin(Path.of("src/test/resources/pickles", name + ".bin"))) {
      assertThat(set.pairs()).isEqualTo(2);
      assertThat(set.same(0)).isTrue();
      assertThat(set.same(1)).isFalse();
      ByteBuffer out = ByteBuffer.allocate(12);
      for (int i = 0; i < 4; i++) {
        set.decode(i, new ImageShape(1, 4, 3), out, 0);
        for (int p = 0; p < 12; p++) {
          assertThat(out.get(p) & 0xff).isEqualTo((i * 50 + p * 7) % 256);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5})
  void readsAnyNumberOfPairsAndRefusesFlagsThatAreNone(int protocol) {
    Path folder = Path.of("src/test/resources/pickles");
    try (VerificationSet set =
        VerificationSets.openBin(folder.resolve("eleven-" + protocol + ".bin"))) {
      assertThat(set.pairs()).isEqualTo(11);
      for (int i = 0; i < 11; i++) {
        assertThat(set.same(i)).isEqualTo(i % 2 == 0);
      }
    }
    Path wrong = folder.resolve("wrong-flags-" + protocol + ".bin");
    assertThatThrownBy(() -> VerificationSets.openBin(wrong).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageEndingWith("a same flag of type i8 is neither 0 nor 1");
  }

  @Test
  void refusesOperationsThatMakeNoSet() throws Exception {
    Path file = dir.resolve("odd.bin");
    Files.writeString(file, ")Na."); // appends to the empty tuple
    assertThatThrownBy(() -> VerificationSets.openBin(file).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("odd.bin: the pickle holds no pair");
    byte[] many = new byte[20_000_000];
    java.util.Arrays.fill(many, (byte) 'N');
    Files.write(file, many);
    assertThatThrownBy(() -> VerificationSets.openBin(file).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("odd.bin: the pickle has more than");
  }

  @Test
  void refusesOtherGlobals() throws Exception {
    Path file = dir.resolve("evil.bin");
    Files.writeString(file, "cos\nsystem\n(S'echo hello'\ntR.");
    assertThatThrownBy(() -> VerificationSets.openBin(file).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("evil.bin: the pickle names os.system: refused");
    byte[] lineEnd = {
      (byte) 0x80, 4, (byte) 0x8c, 3, 'a', '\n', 'b', (byte) 0x8c, 1, 'c', (byte) 0x93
    };
    Files.write(file, lineEnd);
    assertThatThrownBy(() -> VerificationSets.openBin(file).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("evil.bin: the pickle names a?b.c: refused");
  }

  @Test
  void refusesTruncatedAndForeignFiles() throws Exception {
    byte[] whole = Files.readAllBytes(Quickstart.ROOT.resolve("open.bin"));
    Path file = dir.resolve("cut.bin");
    Files.write(file, java.util.Arrays.copyOf(whole, 100_000));
    assertThatThrownBy(() -> VerificationSets.openBin(file).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("pickle ends early");
    Files.writeString(file, "<html>");
    assertThatThrownBy(() -> VerificationSets.openBin(file).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("no verification pickle: operation 0x3c at byte 0");
    Files.write(file, new byte[0]);
    assertThatThrownBy(() -> VerificationSets.openBin(file).close())
        .isInstanceOf(BadDataException.class);
  }
}
