package ffc.eval.embedding;

import ffc.formats.ElementType;
import ffc.formats.Npy;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Embeddings in a memory-mapped {@code .npy} file of f32 [n, d], scaled to unit rows as read. */
public final class MappedEmbeddings implements Embeddings {
  private static final long SEGMENT_BYTES = 1L << 30;

  private final FloatBuffer[] segments;
  private final int rowsPerSegment;
  private final int dim;
  private final long[] labels;
  private final float[] scales;

  private MappedEmbeddings(FloatBuffer[] segments, int rowsPerSegment, int dim, long[] labels) {
    this.segments = segments;
    this.rowsPerSegment = rowsPerSegment;
    this.dim = dim;
    this.labels = labels;
    this.scales = new float[labels.length];
    Arrays.fill(scales, 1);
  }

  /**
   * Maps a file and reads it once to learn the length of each row.
   *
   * @param labels identity of each row; kept
   * @throws IllegalArgumentException if it is not f32 [labels.length, d], or a row is not finite
   */
  public static MappedEmbeddings open(Path file, long[] labels) {
    MappedEmbeddings embeddings = map(file, labels);
    embeddings.measure(file);
    return embeddings;
  }

  /**
   * Maps a file whose rows are known to be finite and of unit length; they are taken as they are.
   *
   * @throws IllegalArgumentException if it is not f32 [labels.length, d]
   */
  public static MappedEmbeddings ofUnitRows(Path file, long[] labels) {
    return map(file, labels);
  }

  private static MappedEmbeddings map(Path file, long[] labels) {
    Npy header = Npy.header(file);
    long[] shape = header.shape();
    if (header.type() != ElementType.F32 || shape.length != 2 || shape[0] != labels.length) {
      throw new IllegalArgumentException(
          file
              + ": got "
              + header.type()
              + Arrays.toString(shape)
              + ", wanted F32["
              + labels.length
              + ", d] to match the labels");
    }
    int dim = Math.toIntExact(shape[1]);
    long rowBytes = 4L * dim;
    int rowsPerSegment = (int) Math.max(1, SEGMENT_BYTES / Math.max(1, rowBytes));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      FloatBuffer[] segments =
          new FloatBuffer[(labels.length + rowsPerSegment - 1) / rowsPerSegment];
      for (int i = 0; i < segments.length; i++) {
        long from = (long) i * rowsPerSegment;
        long rows = Math.min(rowsPerSegment, labels.length - from);
        segments[i] =
            channel
                .map(
                    FileChannel.MapMode.READ_ONLY,
                    header.dataOffset() + from * rowBytes,
                    rows * rowBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
      }
      return new MappedEmbeddings(segments, rowsPerSegment, dim, labels);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": cannot be mapped: " + e.getMessage(), e);
    }
  }

  private void measure(Path file) {
    float[] row = new float[dim];
    for (int i = 0; i < labels.length; i++) {
      read(i, 1, row, 0);
      double squares = 0;
      for (float value : row) {
        squares += (double) value * value;
      }
      if (!Double.isFinite(squares)) {
        throw new IllegalArgumentException(
            file + ": row " + i + " holds NaN or an infinite value; wanted finite numbers");
      }
      scales[i] = squares > 0 ? (float) (1 / Math.sqrt(squares)) : 0;
    }
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int dim() {
    return dim;
  }

  @Override
  public long label(int row) {
    return labels[row];
  }

  @Override
  public void read(int from, int count, float[] out, int outOffset) {
    for (int i = 0; i < count; i++) {
      int row = from + i;
      int at = outOffset + i * dim;
      segments[row / rowsPerSegment].get(row % rowsPerSegment * dim, out, at, dim);
      float scale = scales[row];
      for (int k = at; k < at + dim; k++) {
        out[k] *= scale;
      }
    }
  }
}
