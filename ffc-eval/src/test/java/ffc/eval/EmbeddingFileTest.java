package ffc.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.eval.allpairs.AllPairs;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.formats.HostTensor;
import ffc.formats.Npy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingFileTest {
  @TempDir Path folder;

  private static final float[] ROWS = {3, 4, 0, -2, 1, 0};
  private static final long[] LABELS = {5, 1L << 40, 5};

  @ParameterizedTest
  @ValueSource(strings = {"e.npy", "e.safetensors"})
  void comesBackAsUnitRows(String name) {
    Path file = folder.resolve(name);
    EmbeddingFile.write(file, ROWS, 2, LABELS, Map.of("model", "test"));
    Embeddings read = EmbeddingFile.open(file, null);
    assertThat(read.size()).isEqualTo(3);
    assertThat(read.dim()).isEqualTo(2);
    float[] rows = new float[7];
    read.read(1, 2, rows, 3);
    assertThat(rows).containsExactly(0, 0, 0, 0, -1, 1, 0);
    read.read(0, 1, rows, 0);
    assertThat(rows).startsWith(0.6f, 0.8f);
    for (int i = 0; i < 3; i++) {
      assertThat(read.label(i)).isEqualTo(LABELS[i]);
    }
  }

  /** The network fails half-way, as one for images of another size does. */
  @Test
  void aMissingFileIsNamedAsItWasTyped() {
    assertThatThrownBy(() -> EmbeddingFile.open(folder.resolve("nope.npy"), null))
        .hasMessageContaining("nope.npy: no such file");
  }

  @Test
  void whatFailsLeavesRowsAndLabelsThatWereThereAlone() {
    Path file = folder.resolve("e.npy");
    EmbeddingFile.write(file, ROWS, 2, LABELS, Map.of());
    ArrayEmbeddings others = RandomEmbeddings.clusters(1, 3000, 5, 40, 0.5);
    Embeddings failing =
        new Embeddings() {
          @Override
          public int size() {
            return others.size();
          }

          @Override
          public int dim() {
            return others.dim();
          }

          @Override
          public long label(int row) {
            return others.label(row);
          }

          @Override
          public void read(int row, int count, float[] out, int offset) {
            if (row > 0) {
              throw new IllegalArgumentException("no more");
            }
            others.read(row, count, out, offset);
          }
        };
    assertThatThrownBy(() -> EmbeddingFile.write(file, failing)).hasMessage("no more");
    Embeddings kept = EmbeddingFile.open(file, null);
    assertThat(kept.size()).isEqualTo(3);
    assertThat(kept.label(1)).isEqualTo(LABELS[1]);
    assertThat(folder).isDirectoryNotContaining("glob:**.aside");
  }

  @Test
  void rowsAreWrittenPieceByPiece() {
    for (int rows : new int[] {1, 1024, 2500}) {
      ArrayEmbeddings written = RandomEmbeddings.clusters(rows, rows, 5, 40, 0.5);
      Path file = folder.resolve("rows" + rows + ".npy");
      EmbeddingFile.write(file, written);
      assertThat(Npy.read(file).shape()).containsExactly(rows, 5);
      assertThat(Npy.read(EmbeddingFile.labelsOf(file)).shape()).containsExactly(rows);
      float[] expected = new float[rows * 5];
      written.read(0, rows, expected, 0);
      assertThat(EmbeddingFile.raw(file).rows()).isEqualTo(expected);
      Embeddings read = EmbeddingFile.open(file, null);
      for (int row = 0; row < rows; row++) {
        assertThat(read.label(row)).isEqualTo(written.label(row));
      }
    }
  }

  @Test
  void mappedAndHeapRowsGiveTheSameRates() throws IOException {
    Embeddings heap = RandomEmbeddings.clusters(2, 700, 12, 40, 0.9);
    float[] rows = new float[700 * 12];
    heap.read(0, 700, rows, 0);
    long[] labels = new long[700];
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 700; i++) {
      labels[i] = heap.label(i);
      text.append(labels[i]).append('\n');
    }
    Path file = folder.resolve("e.npy");
    EmbeddingFile.write(file, rows, 12, labels, Map.of());
    Path list = Files.writeString(folder.resolve("labels.txt"), text);
    assertThat(AllPairs.of(EmbeddingFile.open(file, list)).tarAtFar().get(0).tar())
        .isEqualTo(AllPairs.of(heap).tarAtFar().get(0).tar());
  }

  /** As embeddings, as labels and as distractors. */
  @Test
  void saysHowToMendArraysOfOtherMachinesAndOrders() throws IOException {
    Path good = folder.resolve("good.npy");
    EmbeddingFile.write(good, ROWS, 2, LABELS, Map.of());
    String text = Files.readString(good, StandardCharsets.ISO_8859_1);
    record Case(String name, String bytes, String says) {}
    for (Case c :
        List.of(
            new Case(
                "big.npy",
                text.replace("<f4", ">f4"),
                "got big-endian elements >f4, wanted little-endian ones: numpy.save(file,"
                    + " a.astype('<f4'))"),
            new Case(
                "fortran.npy",
                text.replace("False,", "True, "),
                "wanted C order: numpy.save(file, numpy.ascontiguousarray(a))"),
            new Case("many.npz", "PK\3\4 and so on", "wanted a single array: numpy.save("),
            new Case("renamed.npy", "PK\3\4 and so on", "wanted a single array: numpy.save("))) {
      Path file = folder.resolve(c.name());
      Files.writeString(file, c.bytes(), StandardCharsets.ISO_8859_1);
      Path labels = EmbeddingFile.labelsOf(good);
      for (ThrowingCallable read :
          List.<ThrowingCallable>of(
              () -> EmbeddingFile.open(file, labels),
              () -> EmbeddingFile.open(good, file),
              () -> EmbeddingFile.raw(file),
              () -> EmbeddingFile.unlabelled(file))) {
        assertThatThrownBy(read)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageStartingWith(file + ": ")
            .hasMessageContaining(c.says())
            .hasMessageNotContaining("\n");
      }
    }
  }

  @Test
  void saysWhatDoesNotFit() throws IOException {
    Path file = folder.resolve("e.npy");
    EmbeddingFile.write(file, ROWS, 2, LABELS, Map.of());
    Npy.write(folder.resolve("e.ids.npy"), HostTensor.of(new long[] {1, 2}, 2));
    assertThatThrownBy(() -> EmbeddingFile.open(file, null))
        .hasMessageContaining("e.npy: got F32[3, 2], wanted F32[2, d]");
    Path text = Files.writeString(folder.resolve("l.txt"), "1\nx\n");
    assertThatThrownBy(() -> EmbeddingFile.open(file, text))
        .hasMessageContaining("l.txt: line 2: got 'x', wanted an integer");
    Path bad = folder.resolve("bad.npy");
    EmbeddingFile.write(bad, new float[] {1, Float.NaN}, 2, new long[] {1}, Map.of());
    assertThatThrownBy(() -> EmbeddingFile.open(bad, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bad.npy: row 0 holds NaN");
    assertThatThrownBy(() -> EmbeddingFile.open(folder.resolve("e.bin"), null))
        .hasMessageContaining("unknown ending");
  }
}
