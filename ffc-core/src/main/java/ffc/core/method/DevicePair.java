package ffc.core.method;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.core.net.Images;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;

/**
 * A batch on the device: images as bytes, converted to f32 in [-1, 1] slice by slice so that a
 * batch larger than memory only ever costs its bytes.
 *
 * @param x u8 [B, channels, height, width]
 * @param y the other side
 * @param xIds identity of each row of x
 * @param yIds identity of each row of y
 * @param idPairs leading rows that come from the ID loader
 * @param slices equal parts the step is cut into ({@code run.accumulate})
 */
public record DevicePair(NDArray x, NDArray y, long[] xIds, long[] yIds, int idPairs, int slices) {

  /** Uploads a batch; the arrays belong to the given manager. */
  public static DevicePair upload(PairBatch batch, ImageShape shape, NDManager step, int slices) {
    return new DevicePair(
        Images.upload(batch.x(), batch.size(), shape, step),
        Images.upload(batch.y(), batch.size(), shape, step),
        batch.xIds(),
        batch.yIds(),
        batch.idPairs(),
        slices);
  }

  /** B, the images on one side. */
  public int size() {
    return xIds.length;
  }

  /** First row of a slice; {@code from(slices)} is B. */
  public int from(int slice) {
    return (int) ((long) size() * slice / slices);
  }

  /** One slice of a side as f32 [b, channels, height, width] in [-1, 1], channels innermost. */
  public NDArray images(NDArray side, int slice) {
    return Images.normalised(bytes(side, slice));
  }

  /** One slice of both sides, x first, as f32 [2b, channels, height, width]. */
  public NDArray images(int slice) {
    return Images.normalised(bytes(x, slice).concat(bytes(y, slice)));
  }

  private NDArray bytes(NDArray side, int slice) {
    return slices == 1 ? side : side.get(from(slice) + ":" + from(slice + 1));
  }
}
