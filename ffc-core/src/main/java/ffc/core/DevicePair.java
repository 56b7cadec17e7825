package ffc.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.core.script.NativeOps;
import ffc.loaders.ImageShape;
import ffc.loaders.PairBatch;
import java.nio.ByteBuffer;

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
    Shape bchw = new Shape(batch.size(), shape.channels(), shape.height(), shape.width());
    return new DevicePair(
        upload(batch.x(), bchw, step),
        upload(batch.y(), bchw, step),
        batch.xIds(),
        batch.yIds(),
        batch.idPairs(),
        slices);
  }

  private static NDArray upload(ByteBuffer images, Shape bchw, NDManager manager) {
    return manager.create(images.duplicate().rewind(), bchw, DataType.UINT8);
  }

  /** B, the images on one side. */
  public int size() {
    return xIds.length;
  }

  /** First row of a slice; {@code from(slices)} is B. */
  public int from(int slice) {
    return (int) ((long) size() * slice / slices);
  }

  /** One slice of a side as f32 [b, channels, height, width] in [-1, 1]. */
  public NDArray images(NDArray side, int slice) {
    NDArray part = slices == 1 ? side : side.get(from(slice) + ":" + from(slice + 1));
    return NativeOps.channelsLast(normalised(part));
  }

  /** (v − 127.5) / 127.5 of bytes, f32. */
  static NDArray normalised(NDArray bytes) {
    return bytes.toType(DataType.FLOAT32, true).subi(127.5f).divi(127.5f);
  }
}
