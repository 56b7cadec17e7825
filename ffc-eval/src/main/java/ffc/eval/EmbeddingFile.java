package ffc.eval;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.FileEmbeddings;
import ffc.eval.embedding.ImageEmbedder;
import ffc.formats.ElementType;
import ffc.formats.HostTensor;
import ffc.formats.Npy;
import ffc.formats.Safetensors;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import ffc.loaders.table.TextLines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/**
 * Embeddings of any system on disk, to be judged by the same protocols.
 *
 * <ul>
 *   <li>{@code x.npy}: real numbers [n, d]; labels in {@code x.ids.npy} or another {@code .npy} of
 *       n integers, or in a text file of one integer a line. f32 files are read where they lie.
 *   <li>{@code x.safetensors}: arrays {@code embeddings} [n, d] and {@code labels} [n].
 * </ul>
 *
 * Rows need not be of unit length.
 */
public final class EmbeddingFile {
  private static final int PIECE = 1024;

  private EmbeddingFile() {}

  /**
   * Opens a file.
   *
   * @param labels file of the labels, or null for the usual place
   * @throws IllegalArgumentException if a file is missing or corrupt, or the sizes do not fit
   */
  public static Embeddings open(Path file, Path labels) {
    if (file.toString().endsWith(".safetensors")) {
      Map<String, HostTensor> arrays = Safetensors.read(file).tensors();
      long[] identities =
          labels == null ? integers(file, "labels", arrays.get("labels")) : labels(labels);
      return onHeap(file, arrays.get("embeddings"), identities);
    }
    if (file.toString().endsWith(".npz")) {
      throw new IllegalArgumentException(Npy.severalArrays(file));
    }
    if (!file.toString().endsWith(".npy")) {
      throw new IllegalArgumentException(
          file + ": got an unknown ending, wanted embeddings as .npy or .safetensors");
    }
    ElementType type = Npy.header(file).type(); // before the labels: the file that was typed
    long[] identities = labels(labels == null ? labelsOf(file) : labels);
    return type == ElementType.F32
        ? FileEmbeddings.open(file, identities)
        : onHeap(file, Npy.read(file), identities);
  }

  /**
   * Writes embeddings as {@code .safetensors}, or as {@code .npy} with labels beside it.
   *
   * @param rows f32 [labels.length, dim]
   * @param notes free text by key, kept in a safetensors file; such as the model and its flags
   */
  public static void write(
      Path file, float[] rows, int dim, long[] labels, Map<String, String> notes) {
    HostTensor embeddings = HostTensor.of(rows, labels.length, dim);
    HostTensor identities = HostTensor.of(labels, labels.length);
    if (file.toString().endsWith(".npy")) {
      beside(file, ids -> Npy.write(ids, identities), () -> Npy.write(file, embeddings));
    } else if (file.toString().endsWith(".safetensors")) {
      Map<String, HostTensor> arrays = new LinkedHashMap<>();
      arrays.put("embeddings", embeddings);
      arrays.put("labels", identities);
      Safetensors.write(file, arrays, notes);
    } else {
      throw new IllegalArgumentException(
          file + ": got an unknown ending, wanted .npy or .safetensors");
    }
  }

  /**
   * Writes embeddings of any number as {@code .npy} f32 [n, d], with their labels beside it, i64
   * [n].
   *
   * @throws IllegalArgumentException if the name does not end so
   */
  public static void write(Path file, Embeddings embeddings) {
    if (!file.toString().endsWith(".npy")) {
      throw new IllegalArgumentException(file + ": wanted a name that ends in .npy");
    }
    int n = embeddings.size();
    int dim = embeddings.dim();
    float[] rows = new float[PIECE * dim];
    beside(
        file,
        ids -> Npy.write(ids, ElementType.I64, labels(n, embeddings::label), n),
        () ->
            Npy.write(
                file,
                ElementType.F32,
                pieces(
                    n,
                    4 * dim,
                    (row, count, out) -> {
                      embeddings.read(row, count, rows, 0);
                      out.asFloatBuffer().put(rows, 0, count * dim);
                      out.position(4 * count * dim);
                    }),
                n,
                dim));
  }

  /**
   * Embeds all images of a set, in its order, straight into a file: {@code .npy} f32 [n, d], unit
   * rows, with the identities beside it. Memory does not grow with the images.
   *
   * @throws IllegalArgumentException if an embedding is not finite, or the set has 2^31 images or
   *     more
   */
  public static void write(Path file, Dataset set, ImageEmbedder embedder, Progress progress) {
    int n = Evaluator.images(set);
    int dim = embedder.dim();
    beside(
        file,
        ids -> Npy.write(ids, ElementType.I64, labels(n, set::identityOf), n),
        () ->
            Npy.write(
                file,
                ElementType.F32,
                out ->
                    Evaluator.eachBatch(
                        set,
                        embedder,
                        (images, from, size) -> {
                          float[] rows = new float[size * dim];
                          embedder.embed(images, size, rows, 0);
                          for (int i = 0; i < size; i++) {
                            ArrayEmbeddings.normalise(rows, i * dim, dim, from + i);
                          }
                          out.accept(HostTensor.of(rows, size, dim).data().duplicate());
                          progress.report("embedding", from + size, n);
                        }),
                n,
                dim));
  }

  private static Iterator<ByteBuffer> labels(int n, IntToLongFunction labelOf) {
    return pieces(
        n,
        8,
        (row, count, out) -> {
          for (int i = 0; i < count; i++) {
            out.putLong(labelOf.applyAsLong(row + i));
          }
        });
  }

  /** Labels aside first, rows next: what was there before stays whole if the rows fail. */
  private static void beside(Path file, Consumer<Path> writeLabels, Runnable writeRows) {
    Path labels = labelsOf(file);
    Path aside = labels.resolveSibling(labels.getFileName() + ".aside");
    try {
      try {
        aside.toFile().deleteOnExit(); // if a signal ends the process meanwhile
        writeLabels.accept(aside);
        writeRows.run();
        Files.move(aside, labels, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(labels + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /** Puts some rows into a buffer. */
  private interface Filling {
    void rows(int from, int count, ByteBuffer out);
  }

  private static Iterator<ByteBuffer> pieces(int rows, int rowBytes, Filling filling) {
    ByteBuffer piece = ByteBuffer.allocate(PIECE * rowBytes).order(ByteOrder.LITTLE_ENDIAN);
    return IntStream.range(0, (rows + PIECE - 1) / PIECE)
        .mapToObj(
            i -> {
              filling.rows(i * PIECE, Math.min(PIECE, rows - i * PIECE), piece.clear());
              return piece.flip();
            })
        .iterator();
  }

  /**
   * Rows as they are in the file.
   *
   * @param rows f32 [n, dim]
   * @param dim length of a row
   */
  public record Raw(float[] rows, int dim) {}

  /**
   * Reads rows without labels and without scaling them.
   *
   * @throws IllegalArgumentException as {@link #open}
   */
  public static Raw raw(Path file) {
    HostTensor array =
        file.toString().endsWith(".safetensors")
            ? Safetensors.read(file).tensors().get("embeddings")
            : Npy.read(file);
    if (array == null || array.shape().length != 2) {
      throw new IllegalArgumentException(
          file + ": embeddings: got " + array + ", wanted real numbers [n, d]");
    }
    return new Raw(array.toFloats(), (int) array.shape()[1]);
  }

  /** Opens rows whose identities do not matter, such as distractors; errors as {@link #open}. */
  public static Embeddings unlabelled(Path file) {
    if (file.toString().endsWith(".npy") && Npy.header(file).type() == ElementType.F32) {
      return FileEmbeddings.open(file, new long[Math.toIntExact(Npy.header(file).shape()[0])]);
    }
    Raw raw = raw(file);
    return ArrayEmbeddings.normalising(
        raw.rows(), raw.dim(), new long[raw.rows().length / Math.max(1, raw.dim())]);
  }

  /** {@code x.ids.npy} beside {@code x.npy}. */
  public static Path labelsOf(Path npy) {
    String name = npy.getFileName().toString();
    return npy.resolveSibling(name.substring(0, name.length() - 4) + ".ids.npy");
  }

  private static long[] labels(Path file) {
    if (file.toString().matches(".*\\.np[yz]")) {
      return integers(file, "labels", Npy.read(file));
    }
    List<String> lines = TextLines.all(file);
    long[] labels = new long[lines.size()];
    for (int i = 0; i < labels.length; i++) {
      try {
        labels[i] = Long.parseLong(lines.get(i).trim());
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            file + ": line " + (i + 1) + ": got '" + lines.get(i) + "', wanted an integer", e);
      }
    }
    return labels;
  }

  private static long[] integers(Path file, String name, HostTensor array) {
    if (array == null || array.shape().length != 1) {
      throw new IllegalArgumentException(
          file + ": key " + name + ": got " + array + ", wanted integers [n]");
    }
    try {
      return array.toLongs();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": key " + name + ": " + e.getMessage(), e);
    }
  }

  private static Embeddings onHeap(Path file, HostTensor array, long[] labels) {
    if (array == null || array.shape().length != 2 || array.shape()[0] != labels.length) {
      throw new IllegalArgumentException(
          file
              + ": embeddings: got "
              + (array == null ? "none" : array.type() + Arrays.toString(array.shape()))
              + ", wanted real numbers ["
              + labels.length
              + ", d] to match the labels");
    }
    try {
      return ArrayEmbeddings.normalising(array.toFloats(), (int) array.shape()[1], labels);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }
}
