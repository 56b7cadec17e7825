package ffc.eval.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.eval.EmbeddingFile;
import ffc.formats.HostTensor;
import ffc.formats.Npy;
import ffc.formats.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows on the heap, in files, and in another order. */
class EmbeddingsTest {
  @TempDir Path folder;

  private static List<List<Float>> rows(Embeddings embeddings) {
    List<List<Float>> rows = new ArrayList<>();
    float[] row = new float[embeddings.dim()];
    for (int i = 0; i < embeddings.size(); i++) {
      embeddings.read(i, 1, row, 0);
      List<Float> values = new ArrayList<>();
      for (float value : row) {
        values.add(value);
      }
      rows.add(values);
    }
    return rows;
  }

  private static ArrayEmbeddings axes(long... labels) {
    float[] values = new float[labels.length * labels.length];
    for (int i = 0; i < labels.length; i++) {
      values[i * labels.length + i] = 1;
    }
    return ArrayEmbeddings.normalising(values, labels.length, labels);
  }

  @Test
  void rowsAreScaledToUnitLengthAndZeroRowsStayZero() {
    ArrayEmbeddings rows =
        ArrayEmbeddings.normalising(
            new float[] {0, 0, 3, -4, 1e30f, 0, 0, 1e-30f}, 2, new long[] {1, 2, 3, 4});
    assertThat(rows(rows))
        .containsExactly(List.of(0f, 0f), List.of(0.6f, -0.8f), List.of(1f, 0f), List.of(0f, 1f));
    float[] out = {9, 9, 9, 9, 9, 9};
    rows.read(1, 2, out, 1);
    assertThat(out).containsExactly(9, 0.6f, -0.8f, 1, 0, 9);
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    assertThatThrownBy(() -> ArrayEmbeddings.normalising(new float[5], 2, new long[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("embeddings: got 5 values, wanted 2 labels x 2 dimensions");
    assertThatThrownBy(() -> ArrayEmbeddings.normalising(new float[0], 0, new long[2]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                ArrayEmbeddings.normalising(
                    new float[] {1, 1, Float.POSITIVE_INFINITY, 1}, 2, new long[2]))
        .hasMessage("embeddings: row 1 holds NaN or an infinite value; wanted finite numbers");
    assertThat(ArrayEmbeddings.normalising(new float[0], 1, new long[0]).size()).isZero();
  }

  @Test
  void aSortedViewKeepsTheRowsOfAnIdentityTogetherInTheirOrder() {
    Embeddings all = axes(7, 3, 7, 1);
    Embeddings sorted = RowView.sorted(all);
    assertThat(sorted.size()).isEqualTo(4);
    assertThat(sorted.dim()).isEqualTo(4);
    long[] labels = new long[4];
    int[] originals = new int[4];
    for (int i = 0; i < 4; i++) {
      labels[i] = sorted.label(i);
      originals[i] = RowView.original(sorted, i);
    }
    assertThat(labels).containsExactly(1, 3, 7, 7);
    assertThat(originals).containsExactly(3, 1, 0, 2);
    float[] out = new float[9];
    sorted.read(1, 2, out, 1);
    assertThat(out).containsExactly(0, 0, 1, 0, 0, 1, 0, 0, 0);

    Embeddings inOrder = axes(1, 1, 2);
    assertThat(RowView.sorted(inOrder)).isSameAs(inOrder);
    assertThat(RowView.original(inOrder, 2)).isEqualTo(2);
    assertThat(RowView.sorted(axes(1, 2, 1))).isInstanceOf(RowView.class);
  }

  @Test
  void rowsOfAFileAreScaledAsThoseOnTheHeap() {
    Path file = folder.resolve("e.npy");
    float[] values = {0, 0, 3, -4, 5, 0};
    EmbeddingFile.write(file, values, 2, new long[] {4, 5, 6}, Map.of());
    Embeddings rows = EmbeddingFile.open(file, null);
    assertThat(rows).isInstanceOf(FileEmbeddings.class);
    assertThat(rows.size()).isEqualTo(3);
    assertThat(rows.dim()).isEqualTo(2);
    float[] out = {9, 9, 9, 9, 9, 9};
    rows.read(1, 2, out, 1);
    assertThat(out).containsExactly(9, 0.6f, -0.8f, 1, 0, 9);
    rows.read(0, 1, out, 0);
    assertThat(out).startsWith(0, 0);
    assertThat(rows.label(2)).isEqualTo(6);
  }

  @Test
  void onlyMatricesOfSinglePrecisionAreReadWhereTheyLie() {
    long[] labels = {1, 2};
    Path file = folder.resolve("e.npy");
    Npy.write(file, HostTensor.of(new float[4], 4));
    assertThatThrownBy(() -> FileEmbeddings.open(file, labels))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(file + ": got F32[4], wanted F32[2, d] to match the labels");
    Npy.write(file, HostTensor.of(new long[4], 2, 2));
    assertThatThrownBy(() -> FileEmbeddings.open(file, labels))
        .hasMessage(file + ": got I64[2, 2], wanted F32[2, d] to match the labels");
    Npy.write(file, HostTensor.of(new float[] {1, 2, 3, Float.NEGATIVE_INFINITY}, 2, 2));
    assertThatThrownBy(() -> FileEmbeddings.open(file, labels))
        .hasMessage(file + ": row 1 holds NaN or an infinite value; wanted finite numbers");
  }

  @Test
  void otherNumbersAreReadOnTheHeap() {
    Path file = folder.resolve("e.npy");
    Npy.write(file, HostTensor.of(new long[] {3, 4, 0, 2}, 2, 2));
    Npy.write(EmbeddingFile.labelsOf(file), HostTensor.of(new long[] {8, 9}, 2));
    Embeddings read = EmbeddingFile.open(file, null);
    assertThat(rows(read)).containsExactly(List.of(0.6f, 0.8f), List.of(0f, 1f));
    assertThat(read.label(1)).isEqualTo(9);
    Embeddings unlabelled = EmbeddingFile.unlabelled(file);
    assertThat(rows(unlabelled)).isEqualTo(rows(read));
    assertThat(unlabelled.label(1)).isZero();
    EmbeddingFile.Raw raw = EmbeddingFile.raw(file);
    assertThat(raw.rows()).containsExactly(3, 4, 0, 2);
    assertThat(raw.dim()).isEqualTo(2);
  }

  @Test
  void rowsWithoutLabelsAreReadFromEitherFormat() {
    Path npy = folder.resolve("e.npy");
    Path safetensors = folder.resolve("e.safetensors");
    for (Path file : List.of(npy, safetensors)) {
      EmbeddingFile.write(file, new float[] {3, 4, 0, 2}, 2, new long[] {8, 9}, Map.of());
      Embeddings rows = EmbeddingFile.unlabelled(file);
      assertThat(rows(rows)).containsExactly(List.of(0.6f, 0.8f), List.of(0f, 1f));
      assertThat(EmbeddingFile.raw(file).rows()).containsExactly(3, 4, 0, 2);
    }
    assertThat(EmbeddingFile.unlabelled(npy)).isInstanceOf(FileEmbeddings.class);
  }

  @Test
  void labelsMayComeFromAFileOfTheirOwn() throws IOException {
    Path text = Files.writeString(folder.resolve("l.txt"), " 5\n-6 \n");
    Path array = folder.resolve("l.npy");
    Npy.write(array, HostTensor.of(new long[] {5, -6}, 2));
    for (String name : List.of("e.npy", "e.safetensors")) {
      Path file = folder.resolve(name);
      EmbeddingFile.write(file, new float[] {1, 0, 0, 1}, 2, new long[] {1, 2}, Map.of());
      for (Path labels : List.of(text, array)) {
        Embeddings read = EmbeddingFile.open(file, labels);
        assertThat(read.label(0)).isEqualTo(5);
        assertThat(read.label(1)).isEqualTo(-6);
      }
    }
  }

  @Test
  void whatIsNoEmbeddingsFileIsRefused() {
    Path file = folder.resolve("e.safetensors");
    Safetensors.write(file, Map.of("labels", HostTensor.of(new long[] {1, 2}, 2)), Map.of());
    assertThatThrownBy(() -> EmbeddingFile.open(file, null))
        .hasMessage(
            file + ": embeddings: got none, wanted real numbers [2, d] to match the labels");
    assertThatThrownBy(() -> EmbeddingFile.raw(file))
        .hasMessage(file + ": embeddings: got null, wanted real numbers [n, d]");
    Map<String, HostTensor> flat =
        Map.of(
            "labels", HostTensor.of(new long[] {1, 2}, 2),
            "embeddings", HostTensor.of(new float[2], 2));
    Safetensors.write(file, flat, Map.of());
    assertThatThrownBy(() -> EmbeddingFile.open(file, null))
        .hasMessageContaining("embeddings: got F32[2], wanted real numbers [2, d]");
    assertThatThrownBy(() -> EmbeddingFile.raw(file)).hasMessageContaining("[n, d]");
    Map<String, HostTensor> short1 =
        Map.of(
            "labels", HostTensor.of(new long[] {1, 2}, 2),
            "embeddings", HostTensor.of(new float[6], 3, 2));
    Safetensors.write(file, short1, Map.of());
    assertThatThrownBy(() -> EmbeddingFile.open(file, null))
        .hasMessageContaining("embeddings: got F32[3, 2], wanted real numbers [2, d]");
    Safetensors.write(file, Map.of("embeddings", HostTensor.of(new float[4], 2, 2)), Map.of());
    assertThatThrownBy(() -> EmbeddingFile.open(file, null))
        .hasMessage(file + ": key labels: got null, wanted integers [n]");
    Safetensors.write(
        file,
        Map.of(
            "labels", HostTensor.of(new float[] {1, 0.5f}, 2),
            "embeddings", HostTensor.of(new float[] {1, 0, Float.NaN, 1}, 2, 2)),
        Map.of());
    assertThatThrownBy(() -> EmbeddingFile.open(file, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ": key labels: ");
    Path labels = folder.resolve("l.npy");
    Npy.write(labels, HostTensor.of(new long[4], 2, 2));
    assertThatThrownBy(() -> EmbeddingFile.open(file, labels))
        .hasMessageStartingWith(labels + ": key labels: got ")
        .hasMessageEndingWith(", wanted integers [n]");
    Npy.write(labels, HostTensor.of(new long[2], 2));
    assertThatThrownBy(() -> EmbeddingFile.open(file, labels))
        .hasMessage(
            file
                + ": embeddings: row 1 holds NaN or an infinite value; wanted finite"
                + " numbers");
  }

  @Test
  void endingsSayTheForm() {
    Path file = folder.resolve("e.bin");
    assertThatThrownBy(() -> EmbeddingFile.write(file, new float[2], 2, new long[] {1}, Map.of()))
        .hasMessage(file + ": got an unknown ending, wanted .npy or .safetensors");
    assertThatThrownBy(() -> EmbeddingFile.write(file, axes(1)))
        .hasMessage(file + ": wanted a name that ends in .npy");
    assertThat(folder).isEmptyDirectory();
    Path safetensors = folder.resolve("e.safetensors");
    EmbeddingFile.write(safetensors, new float[2], 2, new long[] {1}, Map.of("model", "m"));
    assertThat(Safetensors.read(safetensors).metadata()).containsEntry("model", "m");
  }
}
