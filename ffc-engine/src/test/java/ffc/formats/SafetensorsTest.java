package ffc.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void readsAFileOfTheReferenceWriter() {
    Safetensors file = Safetensors.read(Fixtures.file("plain.safetensors"));
    assertThat(file.tensors()).containsOnlyKeys("a.weight", "b", "h", "bf");
    assertThat(file.tensors().get("a.weight")).isEqualTo(HostTensor.of(Fixtures.ramp(), 3, 8));
    assertThat(file.tensors().get("b").toLongs()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(file.tensors().get("h").type()).isEqualTo(ElementType.F16);
    assertThat(file.metadata()).containsEntry("quote", "a \"b\" \\ \u00e9");
  }

  @Test
  void writesWhatItReads() throws IOException {
    Safetensors original = Safetensors.read(Fixtures.file("plain.safetensors"));
    Map<String, HostTensor> tensors = new LinkedHashMap<>(original.tensors());
    tensors.put("scalar", HostTensor.of(new float[] {2}));
    tensors.put("none", HostTensor.of(new float[0], 0, 4));
    tensors.put("odd \"name\"\n", HostTensor.of(new long[] {7}, 1));
    Path file = folder.resolve("sub/copy.safetensors");
    Safetensors.write(file, tensors, original.metadata());
    Safetensors copy = Safetensors.read(file);
    assertThat(copy.tensors()).isEqualTo(tensors);
    assertThat(copy.metadata()).isEqualTo(original.metadata());
    assertThat(folder.resolve("sub")).isDirectoryContaining(path -> path.equals(file));
    assertThat(Files.list(folder.resolve("sub"))).hasSize(1);
  }

  /** The length of a header may be what a zip, a pickle or an ONNX model begins with. */
  @Test
  void theLengthOfAHeaderIsNotTakenForAnotherFormat() throws IOException {
    Map<String, HostTensor> tensors = Map.of("x", HostTensor.of(new float[] {3}, 1));
    Path file = folder.resolve("long.safetensors");
    Set<String> met = new TreeSet<>();
    for (int from : new int[] {0, 19_000, 66_000}) {
      for (int note = from; note < from + 2_000; note += 8) {
        Safetensors.write(file, tensors, Map.of("note", "n".repeat(note)));
        byte[] start = Arrays.copyOf(Files.readAllBytes(file), 3);
        if (start[0] == (byte) 0x80) {
          met.add("pickle");
        } else if (start[0] == 'P' && start[1] == 'K') {
          met.add("zip");
        } else if (start[0] == 8 && start[1] > 0 && start[2] == 1) {
          met.add("onnx");
        }
        assertThat(WeightFile.read(file)).as("%d", note).isEqualTo(tensors);
      }
    }
    assertThat(met).containsExactly("onnx", "pickle", "zip");
  }

  @Test
  void everyTruncationIsReported() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.file("plain.safetensors"));
    for (int length = 0; length < whole.length; length++) {
      Path file = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Safetensors.read(file))
          .as("%d bytes", length)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cut.safetensors");
    }
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | key a: got data_offsets [0, 4], wanted 8 bytes",
        "{'a':{'dtype':'F99','shape':[1],'data_offsets':[0,4]}} | key a: got dtype F99, wanted one of",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | key a: got data offset 4, wanted 0",
        "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | key a: got impossible shape [-1]",
        "{'a':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,0]}} | impossible shape",
        "{'a':{'dtype':'F32','shape':[1]}} | key a: got no shape or no two data_offsets",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | key a appears twice",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'x':1}} | key a: unknown field x",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | got 16 bytes of data too many",
        "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,12]},'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | key b: got data offset 4, wanted 12",
        "[1] | header:",
        "{} {} | header: malformed JSON at line 1 column 5",
      })
  void saysWhatIsWrong(String header, String message) throws IOException {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 20).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    Path file = Files.write(folder.resolve("bad.safetensors"), bytes.array());
    String wanted =
        message.startsWith("got 16 bytes") ? "wanted " + (bytes.capacity() - 16) : message;
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ": not a valid safetensors file: ")
        .hasMessageContaining(wanted);
  }

  @Test
  void namesAMissingFile() {
    assertThatThrownBy(() -> WeightFile.read(folder.resolve("none.safetensors")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none.safetensors: no such file");
  }
}
