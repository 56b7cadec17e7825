package ffc.pfc.classes;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * A matrix f32 [rows, dim] outside of the Java heap, in segments, so that rows times dim may exceed
 * 2^31. Rows are read and written whole, in place; different rows may be used by different threads
 * at once.
 */
final class RowTable {
  private final FloatBuffer[] segments;
  private final int dim;
  private final int shift;
  private final long mask;

  /** A table of zeros. */
  RowTable(String name, long rows, int dim, TableMemory memory) {
    this(name, rows, dim, memory, TableMemory.SEGMENT_BYTES);
  }

  RowTable(String name, long rows, int dim, TableMemory memory, int segmentBytes) {
    this.dim = dim;
    this.shift = 31 - Integer.numberOfLeadingZeros(segmentBytes / (4 * dim));
    this.mask = (1L << shift) - 1;
    segments = new FloatBuffer[Math.toIntExact((rows + mask) >>> shift)];
    for (int i = 0; i < segments.length; i++) {
      long held = Math.min(1L << shift, rows - ((long) i << shift));
      segments[i] = memory.segment(name, (int) (held * dim * 4)).asFloatBuffer();
    }
  }

  void read(long row, float[] into) {
    segments[(int) (row >>> shift)].get((int) (row & mask) * dim, into, 0, dim);
  }

  void write(long row, float[] from) {
    segments[(int) (row >>> shift)].put((int) (row & mask) * dim, from, 0, dim);
  }

  /** Writes one row to a stream, little-endian. */
  void save(long row, DataOutputStream out, byte[] scratch) throws IOException {
    ByteBuffer.wrap(scratch)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(0, segments[(int) (row >>> shift)], (int) (row & mask) * dim, dim);
    out.write(scratch, 0, 4 * dim);
  }

  /** Reads one row that {@link #save} wrote. */
  void load(long row, DataInputStream in, byte[] scratch) throws IOException {
    in.readFully(scratch, 0, 4 * dim);
    segments[(int) (row >>> shift)].put(
        (int) (row & mask) * dim,
        ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer(),
        0,
        dim);
  }
}
