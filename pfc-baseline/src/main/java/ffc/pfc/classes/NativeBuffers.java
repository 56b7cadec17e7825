package ffc.pfc.classes;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ffc.engine.Upload;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Host views of tensors: on the CPU without a copy. */
final class NativeBuffers {
  private NativeBuffers() {}

  /** The bytes of a contiguous tensor on the CPU; valid as long as the tensor. */
  static ByteBuffer view(NDArray array) {
    return ((PtNDArray) array).toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The values of an f32 tensor: a view on the CPU, a copy on another device. */
  static FloatBuffer floats(NDArray array) {
    return view(array).asFloatBuffer();
  }

  /** Writes values. */
  @FunctionalInterface
  interface Filler {
    void fill(FloatBuffer values);
  }

  /** Fills an f32 tensor on the host: in place on the CPU, uploaded to another device. */
  static void fill(NDArray array, Filler filler) {
    if (!array.getDevice().isGpu()) {
      filler.fill(floats(array));
      return;
    }
    ByteBuffer host =
        ByteBuffer.allocateDirect(Math.toIntExact(4 * array.size())).order(ByteOrder.LITTLE_ENDIAN);
    filler.fill(host.asFloatBuffer());
    Upload.over(array, host);
  }
}
