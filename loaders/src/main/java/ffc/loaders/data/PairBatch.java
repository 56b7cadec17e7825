package ffc.loaders.data;

import java.nio.ByteBuffer;

/**
 * One step's images of one trainer, two sides of B = idsPerBatch + instancesPerBatch / 2 images.
 * Row i of x and row i of y belong together: rows below {@link #idPairs} come from the ID loader
 * (two images of one identity), the others from the instance loader.
 *
 * @param x direct buffer, u8 [B, channels, height, width], position 0; valid until {@link #close}
 * @param y as x, the other side
 * @param xIds identity of each row of x, in [0, identities)
 * @param yIds identity of each row of y; equal to xIds on partner and ID rows
 * @param idPairs rows that come from the ID loader
 * @param start cursor before this batch
 * @param next cursor after this batch: a run resumed from it continues with the following batch
 * @param release gives the buffers back to the loader
 */
public record PairBatch(
    ByteBuffer x,
    ByteBuffer y,
    long[] xIds,
    long[] yIds,
    int idPairs,
    Cursor start,
    Cursor next,
    Runnable release)
    implements AutoCloseable {

  /** B, the images on one side. */
  public int size() {
    return xIds.length;
  }

  @Override
  public void close() {
    release.run();
  }
}
