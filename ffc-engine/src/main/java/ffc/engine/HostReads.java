package ffc.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Function;

/**
 * The values of arrays on the host. On a device DJL copies an array to the host before it reads it,
 * under a manager made for the copy, and leaves both to the array's own manager: those of networks
 * and momenta live as long as the training. Here they go with the read.
 */
public final class HostReads {
  private HostReads() {}

  /** The values of an f32 array, row by row. */
  public static float[] floats(NDArray array) {
    return read(array, NDArray::toFloatArray);
  }

  /** The values of an i64 array, row by row. */
  public static long[] longs(NDArray array) {
    return read(array, NDArray::toLongArray);
  }

  /** The values of an array of any type of numbers, row by row, as f64. */
  public static double[] doubles(NDArray array) {
    return read(array, a -> Arrays.stream(a.toArray()).mapToDouble(Number::doubleValue).toArray());
  }

  /** The one value of an array of any type of numbers. */
  public static double number(NDArray scalar) {
    return doubles(scalar)[0];
  }

  /** The bytes of an array, in the machine's order; a copy. */
  public static ByteBuffer bytes(NDArray array) {
    return read(array, NDArray::toByteBuffer);
  }

  /** Something that reads arrays, such as an encoder. */
  @FunctionalInterface
  public interface Reader {
    void read(NDList arrays) throws IOException;
  }

  /** Has arrays read and frees what the reader leaves behind. */
  public static void all(NDList arrays, Reader reader) throws IOException {
    if (arrays.isEmpty() || !arrays.head().getDevice().isGpu()) {
      reader.read(arrays);
      return;
    }
    try (NDManager passing = arrays.head().getManager().newSubManager()) {
      NDList aliases = new NDList();
      for (NDArray array : arrays) {
        aliases.add(alias(array, passing));
      }
      reader.read(aliases);
    }
  }

  private static <T> T read(NDArray array, Function<NDArray, T> values) {
    return array.getDevice().isGpu() ? passing(array, values) : values.apply(array);
  }

  /** Reads under a manager that ends with the read, and all that hangs on it. */
  static <T> T passing(NDArray array, Function<NDArray, T> values) {
    try (NDManager passing = array.getManager().newSubManager()) {
      return values.apply(alias(array, passing));
    }
  }

  /** An array of the same memory and name under another manager. */
  private static NDArray alias(NDArray array, NDManager manager) {
    NDArray alias = array.stopGradient();
    alias.attach(manager);
    alias.setName(array.getName());
    return alias;
  }
}
