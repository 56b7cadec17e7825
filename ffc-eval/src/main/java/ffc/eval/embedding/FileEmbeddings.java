package ffc.eval.embedding;

import ffc.engine.InnerProduct;
import ffc.formats.ElementType;
import ffc.formats.Npy;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Embeddings in a {@code .npy} file of f32 [n, d], read where they lie and scaled to unit rows.
 *
 * <p>Rows are read by position and not mapped: a pass over 2 GB of mapped rows took some five times
 * as long on a virtual machine (docs/benchmarks/evaluation.md). The file is closed with the garbage
 * collection of this object. A thread that is interrupted while it reads closes it for all.
 */
public final class FileEmbeddings implements Embeddings {
  private static final int BUFFER_BYTES = 1 << 18;

  private static final ThreadLocal<ByteBuffer> BUFFER =
      ThreadLocal.withInitial(
          () -> ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN));

  private final Path file;
  private final FileChannel channel;
  private final long dataOffset;
  private final int dim;
  private final long[] labels;
  private final float[] scales;

  private FileEmbeddings(Path file, FileChannel channel, Npy header, long[] labels) {
    this.file = file;
    this.channel = channel;
    this.dataOffset = header.dataOffset();
    this.dim = Math.toIntExact(header.shape()[1]);
    this.labels = labels;
    this.scales = new float[labels.length];
    Arrays.fill(scales, 1);
  }

  /**
   * Opens a file and reads it once to learn the length of each row.
   *
   * @param labels identity of each row; kept
   * @throws IllegalArgumentException if it is not f32 [labels.length, d], or a row is not finite
   */
  public static FileEmbeddings open(Path file, long[] labels) {
    FileEmbeddings embeddings = ofUnitRows(file, labels);
    embeddings.measure();
    return embeddings;
  }

  /**
   * Opens a file whose rows are known to be finite and of unit length; they are taken as they are.
   *
   * @throws IllegalArgumentException if it is not f32 [labels.length, d]
   */
  public static FileEmbeddings ofUnitRows(Path file, long[] labels) {
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
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      return new FileEmbeddings(file, channel, header, labels);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private void measure() {
    int each = Math.max(1, BUFFER_BYTES / (4 * Math.max(1, dim)));
    float[] rows = new float[each * dim];
    for (int from = 0; from < labels.length; from += each) {
      int count = Math.min(each, labels.length - from);
      read(from, count, rows, 0);
      for (int i = 0; i < count; i++) {
        double squares = InnerProduct.exact(rows, i * dim, rows, i * dim, dim);
        if (!Double.isFinite(squares)) {
          throw new IllegalArgumentException(
              file
                  + ": row "
                  + (from + i)
                  + " holds NaN or an infinite value; wanted finite numbers");
        }
        scales[from + i] = squares > 0 ? (float) (1 / Math.sqrt(squares)) : 0;
      }
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
    long position = dataOffset + 4L * from * dim;
    int wanted = count * dim;
    for (int done = 0; done < wanted; ) {
      int size = Math.min(wanted - done, BUFFER_BYTES / 4);
      ByteBuffer bytes = BUFFER.get().clear().limit(4 * size);
      fill(bytes, position + 4L * done);
      bytes.flip().asFloatBuffer().get(out, outOffset + done, size);
      done += size;
    }
    for (int i = 0; i < count; i++) {
      float scale = scales[from + i];
      if (scale != 1) {
        for (int k = outOffset + i * dim; k < outOffset + (i + 1) * dim; k++) {
          out[k] *= scale;
        }
      }
    }
  }

  private void fill(ByteBuffer bytes, long position) {
    try {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, position + bytes.position()) < 0) {
          throw new EOFException("it became shorter while it was read");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
