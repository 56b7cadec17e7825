package ffc.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyTest {
  @TempDir Path folder;

  @Test
  void readsFilesOfNumPy() {
    assertThat(Npy.read(Fixtures.file("floats.npy")))
        .isEqualTo(HostTensor.of(Fixtures.ramp(), 3, 8));
    assertThat(Npy.read(Fixtures.file("labels.npy")))
        .isEqualTo(HostTensor.of(new long[] {3, -1, 1L << 40}, 3));
    assertThat(Npy.read(Fixtures.file("half.npy")).toFloats()).startsWith(1, -0.5f, 65504);
    assertThatThrownBy(() -> Npy.read(Fixtures.file("fortran.npy")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fortran.npy")
        .hasMessageContaining("wanted C order");
  }

  @Test
  void writesTheBytesThatNumPyWrites() throws IOException {
    for (String name : new String[] {"floats.npy", "labels.npy", "half.npy"}) {
      Path copy = folder.resolve(name);
      Npy.write(copy, Npy.read(Fixtures.file(name)));
      assertThat(copy).hasBinaryContent(Files.readAllBytes(Fixtures.file(name)));
    }
  }

  @Test
  void anElementTypeThatIsNoneIsQuotedInOneLine() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.file("floats.npy"));
    String text = new String(whole, StandardCharsets.ISO_8859_1).replace("<f4', ", "<f\n4',");
    Path file =
        Files.write(folder.resolve("lines.npy"), text.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Npy.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("got element type <f?4, wanted such as <f4, <f2 or <i8");
  }

  @Test
  void everyTruncationIsReported() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.file("floats.npy"));
    for (int length = 0; length < whole.length; length++) {
      Path file = Files.write(folder.resolve("cut.npy"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Npy.read(file))
          .as("%d bytes", length)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cut.npy");
    }
  }
}
