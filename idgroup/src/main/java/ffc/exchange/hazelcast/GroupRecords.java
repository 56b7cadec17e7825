package ffc.exchange.hazelcast;

import ffc.exchange.Contribution;
import ffc.exchange.Side;
import ffc.idgroup.Rows;
import java.nio.ByteBuffer;

/**
 * A trainer's contribution to a step as bytes, little-endian:
 *
 * <pre>
 * contribution := idPairs:u32 images:u32 dim:u32 elementBytes:u32
 *                 xIds:u64{images} yIds:u64{images} x:f{images·dim} y:f{images·dim}
 * </pre>
 *
 * elementBytes is 4 in the program.
 */
final class GroupRecords {
  private static final int FIXED = 16;

  private GroupRecords() {}

  static int size(Contribution c) {
    int images = c.x().ids().length;
    return Math.toIntExact(
        FIXED + 16L * images + 2L * images * c.x().features().dim() * elementBytes(c));
  }

  private static int elementBytes(Contribution c) {
    return c.x().features().elementBytes();
  }

  static void encode(Contribution c, ByteBuffer out) {
    int images = c.x().ids().length;
    out.putInt(c.idPairs()).putInt(images).putInt(c.x().features().dim()).putInt(elementBytes(c));
    putLongs(c.x().ids(), out);
    putLongs(c.y().ids(), out);
    putRows(c.x().features(), out);
    putRows(c.y().features(), out);
  }

  /**
   * Reads a contribution of the same row length and precision as ours.
   *
   * @throws IllegalArgumentException if it is not
   */
  static Contribution decode(ByteBuffer in, Contribution ours, String what) {
    int idPairs = in.getInt();
    int images = in.getInt();
    int dim = in.getInt();
    int elementBytes = in.getInt();
    long wanted = 16L * images + 2L * images * dim * elementBytes;
    if (dim != ours.x().features().dim()
        || elementBytes != elementBytes(ours)
        || images < 0
        || in.remaining() != wanted) {
      throw new IllegalArgumentException(
          String.format(
              "cluster: %s has %d images of %d elements of %d bytes in %d bytes, wanted %d elements"
                  + " of %d bytes",
              what,
              images,
              dim,
              elementBytes,
              in.remaining(),
              ours.x().features().dim(),
              elementBytes(ours)));
    }
    long[] xIds = getLongs(in, images);
    long[] yIds = getLongs(in, images);
    Rows x = getRows(in, ours.x().features().create(images));
    Rows y = getRows(in, ours.x().features().create(images));
    return new Contribution(idPairs, new Side(xIds, x), new Side(yIds, y));
  }

  private static void putLongs(long[] values, ByteBuffer out) {
    out.asLongBuffer().put(values);
    out.position(out.position() + 8 * values.length);
  }

  private static long[] getLongs(ByteBuffer in, int n) {
    long[] values = new long[n];
    in.asLongBuffer().get(values);
    in.position(in.position() + 8 * n);
    return values;
  }

  private static void putRows(Rows rows, ByteBuffer out) {
    for (int row = 0; row < rows.count(); row++) {
      rows.write(row, out);
    }
  }

  private static Rows getRows(ByteBuffer in, Rows rows) {
    for (int row = 0; row < rows.count(); row++) {
      rows.read(row, in);
    }
    return rows;
  }
}
