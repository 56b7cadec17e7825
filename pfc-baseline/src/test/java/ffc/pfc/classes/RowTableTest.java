package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowTableTest {

  @Test
  void rowsKeepTheirValuesAcrossSegments() {
    for (int dim : new int[] {1, 3, 8, 100}) {
      try (TableMemory memory = new TableMemory.Native()) {
        RowTable table = new RowTable("t", 77, dim, memory, 1024);
        float[][] expected = new float[77][dim];
        Random random = new Random(dim);
        for (int i = 0; i < 500; i++) {
          int row = random.nextInt(77);
          for (int k = 0; k < dim; k++) {
            expected[row][k] = random.nextFloat();
          }
          table.write(row, expected[row]);
        }
        float[] got = new float[dim];
        for (int row = 0; row < 77; row++) {
          table.read(row, got);
          assertThat(got).as("dim " + dim + ", row " + row).isEqualTo(expected[row]);
        }
      }
    }
  }

  @Test
  void mappedTablesHoldMoreElementsThanAnArrayCan(@TempDir Path folder) throws Exception {
    long rows = (1L << 31) / 512 + 10;
    try (TableMemory memory = new TableMemory.Mapped(folder, 0)) {
      RowTable table = new RowTable("t", rows, 512, memory);
      float[] row = new float[512];
      java.util.Arrays.fill(row, 3);
      table.write(rows - 1, row);
      float[] got = new float[512];
      table.read(0, got);
      assertThat(got).containsOnly(0);
      table.read(rows - 1, got);
      assertThat(got).containsOnly(3);
      try (var files = Files.list(folder)) {
        assertThat(files).as("mapped files have no name left").isEmpty();
      }
    }
  }

  @Test
  void loopsOverRowsCoverEveryRowOnceWhateverTheNumberOfThreads() {
    for (int threads = 1; threads <= 5; threads++) {
      try (RowWorkers workers = new RowWorkers(threads)) {
        for (int count : new int[] {0, 1, 255, 256, 1001}) {
          int[] visits = new int[count];
          workers.run(
              count,
              (from, to) -> {
                for (long i = from; i < to; i++) {
                  visits[(int) i]++;
                }
              });
          assertThat(visits).containsOnly(count == 0 ? new int[0] : new int[] {1});
        }
      }
    }
  }

  @Test
  void aDiskWithoutRoomForTheTablesIsRefusedBeforeTheyAreFilled(@TempDir Path folder) {
    assertThatThrownBy(() -> new TableMemory.Mapped(folder, 1L << 60))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("method.folder " + folder + ": has ")
        .hasMessageContaining("wanted " + (1L << 60) + " for class centres");
  }
}
