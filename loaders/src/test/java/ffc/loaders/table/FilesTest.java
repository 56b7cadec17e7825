package ffc.loaders.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.BadDataException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class FilesTest {
  private static final long GIB = 1L << 30;

  @TempDir Path dir;

  /** A file of 3 GiB and 40 bytes with holes: number i at each of the places. */
  private Path large(long... places) throws IOException {
    Path path = dir.resolve("large");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(3 * GIB + 40);
      for (int i = 0; i < places.length; i++) {
        file.seek(places[i]);
        file.writeLong(Long.reverseBytes(i + 1));
      }
    }
    return path;
  }

  @Test
  void readsWhatLiesBeyondOneSegmentOfAMap() throws IOException {
    // Across the borders of segments and buffers, and the very last bytes.
    long[] places = {GIB - 4, GIB, 2 * GIB - 8, 2 * GIB - 4, 2 * GIB, 3 * GIB - 1, 3 * GIB + 32};
    for (int i = 0; i < places.length; i++) {
      Path path = large(new long[] {places[i]});
      MappedFile mapped = MappedFile.open(path);
      PositionalFile positional = PositionalFile.open(path);
      long at = places[i];
      assertThat(mapped.size()).isEqualTo(3 * GIB + 40).isEqualTo(positional.size());
      assertThat(mapped.slice(at, 8).getLong(0)).as("slice at %d", at).isEqualTo(1);
      assertThat(mapped.getByte(at)).as("byte at %d", at).isEqualTo(1);
      assertThat(mapped.getInt(at)).as("int at %d", at).isEqualTo(1);
      assertThat(positional.read(at, 8).getLong(0)).as("read at %d", at).isEqualTo(1);
      if (at % 8 == 0) {
        assertThat(mapped.get(at / 8)).as("number at %d", at).isEqualTo(1);
      }
      positional.close();
      Files.delete(path);
    }
  }

  @Test
  void readsWholeNumbersOverBordersOfSegments() throws IOException {
    Path path = large(2 * GIB - 8, 2 * GIB);
    MappedFile file = MappedFile.open(path);
    assertThat(file.length()).isEqualTo((3 * GIB + 40) / 8);
    assertThat(file.get(2 * GIB / 8 - 1)).isEqualTo(1);
    assertThat(file.get(2 * GIB / 8)).isEqualTo(2);
    ByteBuffer longest = file.slice(GIB + 16, MappedFile.MAX_SLICE);
    assertThat(longest.getLong((int) GIB - 16)).isEqualTo(2);
  }

  @Test
  void refusesRangesOutsideAFile() throws IOException {
    Path path = Files.write(dir.resolve("small"), new byte[100]);
    PositionalFile file = PositionalFile.open(path);
    MappedFile mapped = MappedFile.open(path);
    for (long[] range : new long[][] {{-1, 4}, {97, 4}, {100, 1}, {Long.MAX_VALUE, 4}, {0, -1}}) {
      assertThatThrownBy(() -> file.read(range[0], (int) range[1]))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the file has 100");
      assertThatThrownBy(() -> mapped.slice(range[0], (int) range[1]))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("the file has 100");
    }
    assertThat(file.read(100, 0).remaining()).isZero();
    Files.write(path, new byte[50]);
    assertThatThrownBy(() -> file.read(40, 20)).hasMessage("the file was cut while it was open");
    file.close();
    assertThatThrownBy(() -> file.read(0, 1)).isInstanceOf(IOException.class);
  }

  @Test
  void anInterruptedReaderLeavesTheFileOpenToOthers() throws Exception {
    Path path = dir.resolve("numbers");
    ByteBuffer numbers = ByteBuffer.allocate(80).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 10; i++) {
      numbers.putLong(i);
    }
    Files.write(path, numbers.array());
    PositionalFile file = PositionalFile.open(path);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> file.read(0, 8)).isInstanceOf(ClosedByInterruptException.class);
    assertThat(Thread.interrupted()).isTrue();
    for (int i = 0; i < 10; i++) {
      assertThat(file.read(8L * i, 8).getLong(0)).isEqualTo(i);
    }
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void refusesPipesAndFoldersInsteadOfWaiting() throws Exception {
    Path pipe = dir.resolve("pipe.rec");
    Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assertThat(made.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(made.exitValue()).isZero();
    for (Path path : List.of(pipe, Path.of("/dev/zero"))) {
      assertThatThrownBy(() -> MappedFile.open(path))
          .hasMessage(path + ": is a pipe, socket or device, wanted a file");
      assertThatThrownBy(() -> PositionalFile.open(path))
          .hasMessage(path + ": is a pipe, socket or device, wanted a file");
      assertThatThrownBy(() -> PositionalFile.readWhole(path))
          .hasMessage("is a pipe, socket or device, wanted a file");
    }
    assertThatThrownBy(() -> MappedFile.open(dir)).hasMessage(dir + ": is a folder, wanted a file");
    assertThatThrownBy(() -> PositionalFile.open(dir.resolve("none")))
        .hasMessage(dir.resolve("none") + ": no such file");
  }
}
