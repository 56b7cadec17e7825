package ffc.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.Buffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The one way of the host's values to the device: each call copies them into a new array of the
 * manager, on the manager's device, and leaves them to the caller.
 */
public final class Upload {
  private Upload() {}

  /** Numbers of rows or columns, or identities; i64 [values]. */
  public static NDArray to(NDManager manager, long... values) {
    return manager.create(values);
  }

  /** Numbers of slots; i64 [values], as indices of arrays must be. */
  public static NDArray to(NDManager manager, int... values) {
    return to(manager, Arrays.stream(values).asLongStream().toArray());
  }

  /** F32 [values]. */
  public static NDArray to(NDManager manager, float... values) {
    return manager.create(values);
  }

  /** F32 of a shape that has as many elements. */
  public static NDArray to(NDManager manager, float[] values, Shape shape) {
    return manager.create(values, shape);
  }

  /** What a buffer holds between its position and its limit, f32. */
  public static NDArray to(NDManager manager, FloatBuffer values, Shape shape) {
    return manager.create(values, shape, DataType.FLOAT32);
  }

  /**
   * What a buffer of bytes holds between its position and its limit, as the machine's own values.
   */
  public static NDArray to(NDManager manager, Buffer values, Shape shape, DataType type) {
    return manager.create(values, shape, type);
  }

  /** Overwrites an array. */
  public static void over(NDArray array, Buffer values) {
    array.set(values);
  }
}
