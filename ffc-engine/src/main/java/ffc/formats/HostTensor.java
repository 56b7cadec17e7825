package ffc.formats;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An array on the host, dense and row major.
 *
 * @param type element type
 * @param shape sizes, outermost first; empty for a scalar
 * @param data little-endian elements from position 0 to the limit; not to be changed
 */
public record HostTensor(ElementType type, long[] shape, ByteBuffer data) {
  public HostTensor {
    long wanted = bytes(type, shape);
    if (data.remaining() != wanted) {
      throw new IllegalArgumentException(
          "array "
              + type
              + Arrays.toString(shape)
              + ": got "
              + data.remaining()
              + " bytes, wanted "
              + wanted);
    }
    data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** An f32 array. */
  public static HostTensor of(float[] values, long... shape) {
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(values.length, 4)).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    return new HostTensor(ElementType.F32, shape, data);
  }

  /** An i64 array. */
  public static HostTensor of(long[] values, long... shape) {
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(values.length, 8)).order(ByteOrder.LITTLE_ENDIAN);
    data.asLongBuffer().put(values);
    return new HostTensor(ElementType.I64, shape, data);
  }

  /** Number of elements. */
  public int elements() {
    return data.limit() / type.bytes();
  }

  /** The elements as f32; exact for F32, F16 and BF16, rounded for wider types. */
  public float[] toFloats() {
    float[] values = new float[elements()];
    if (type == ElementType.F32) {
      data.asFloatBuffer().get(0, values);
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case F64 -> (float) data.getDouble(8 * i);
            case F32 -> data.getFloat(4 * i);
            case F16 -> halfToFloat(data.getShort(2 * i));
            case BF16 -> Float.intBitsToFloat(data.getShort(2 * i) << 16);
            default -> integer(i);
          };
    }
    return values;
  }

  /**
   * The elements of an integer array.
   *
   * @throws IllegalArgumentException if the array holds real numbers
   */
  public long[] toLongs() {
    long[] values = new long[elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(i);
    }
    return values;
  }

  /**
   * The elements as f16, rounded to the nearest, ties to even.
   *
   * @throws IllegalArgumentException if a finite one is too large for f16, which ends at 65,504
   */
  public HostTensor toHalf() {
    float[] values = toFloats();
    ByteBuffer halves =
        ByteBuffer.allocate(Math.multiplyExact(values.length, 2)).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      short half = floatToHalf(value);
      if (Float.isInfinite(halfToFloat(half)) && Float.isFinite(value)) {
        throw new IllegalArgumentException("got " + value + ", wanted at most 65504 for f16");
      }
      halves.putShort(half);
    }
    return new HostTensor(ElementType.F16, shape, halves.flip());
  }

  private long integer(int i) {
    return switch (type) {
      case I64 -> data.getLong(8 * i);
      case I32 -> data.getInt(4 * i);
      case I16 -> data.getShort(2 * i);
      case I8 -> data.get(i);
      case U8 -> data.get(i) & 0xff;
      case BOOL -> data.get(i) == 0 ? 0 : 1;
      default ->
          throw new IllegalArgumentException("got elements of type " + type + ", wanted integers");
    };
  }

  private static float halfToFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >> 10 & 0x1f;
    int mantissa = bits & 0x3ff;
    if (exponent == 0) {
      float value = mantissa * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    int wide = exponent == 31 ? 255 : exponent + 112;
    return Float.intBitsToFloat(sign | wide << 23 | mantissa << 13);
  }

  private static short floatToHalf(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    float size = Math.abs(value);
    if (Float.isNaN(size)) {
      return 0x7e00;
    }
    if (size < 0x1p-14f) {
      return (short) (sign | (int) Math.rint(size * 0x1p24f)); // 1024 is the first normal one
    }
    // A carry out of the mantissa raises the exponent, as it should; 65520 becomes infinite so.
    int bits = Float.floatToRawIntBits(Math.min(size, 0x1p16f)) - (112 << 23);
    int kept = bits >>> 13;
    int rest = bits & 0x1fff;
    boolean up = rest > 0x1000 || rest == 0x1000 && (kept & 1) == 1;
    return (short) (sign | kept + (up ? 1 : 0));
  }

  /**
   * Bytes of an array: the one place where sizes that a file tells are multiplied.
   *
   * @throws IllegalArgumentException if a size is negative or the product exceeds 64 bits
   */
  static long bytes(ElementType type, long... shape) {
    try {
      return Math.multiplyExact(elements(shape), type.bytes());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("got impossible shape " + Arrays.toString(shape), e);
    }
  }

  /** Product of the sizes; errors as {@link #bytes}. */
  static long elements(long[] shape) {
    // Zeros are looked at last, so that they do not hide sizes whose product is no number.
    long elements = 1;
    boolean empty = false;
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException(
            "got a negative size in shape " + Arrays.toString(shape));
      }
      empty |= size == 0;
      try {
        elements = Math.multiplyExact(elements, Math.max(1, size));
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException("got impossible shape " + Arrays.toString(shape), e);
      }
    }
    return empty ? 0 : elements;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HostTensor that
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && data.equals(that.data);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * type.hashCode() + Arrays.hashCode(shape)) + data.hashCode();
  }

  @Override
  public String toString() {
    return type + Arrays.toString(shape);
  }
}
