package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.engine.NativeOps;
import ffc.engine.Upload;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;

/** The one way of images from bytes to the values and the layout that networks take. */
public final class Images {
  private Images() {}

  /**
   * Copies images to the manager's device.
   *
   * @param images u8, one after the other from index 0; its position and limit do not matter
   * @return u8 [count, channels, height, width]
   */
  public static NDArray upload(ByteBuffer images, int count, ImageShape shape, NDManager manager) {
    return Upload.to(
        manager,
        images.duplicate().clear().limit(Math.multiplyExact(count, shape.bytes())).slice(),
        new Shape(count, shape.channels(), shape.height(), shape.width()),
        DataType.UINT8);
  }

  /** (v − 127.5) / 127.5, f32, channels innermost: other layouts go through other kernels. */
  public static NDArray normalised(NDArray bytes) {
    return NativeOps.channelsLast(bytes.toType(DataType.FLOAT32, true).subi(127.5f).divi(127.5f));
  }
}
