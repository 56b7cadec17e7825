package ffc.loaders.pairs;

import ffc.loaders.table.MappedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Types that a verification pickle may hold, and how they become images and flags. */
final class PickleValues {
  private PickleValues() {}

  /** One of the globals that may be named. */
  enum Global {
    RECONSTRUCT,
    FROM_BUFFER,
    NDARRAY,
    DTYPE,
    SCALAR,
    ENCODE,
    BYTES,
    BYTEARRAY;

    static Global of(String module, String name) throws IOException {
      return switch (module + "." + name) {
        case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct" ->
            RECONSTRUCT;
        case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer" -> FROM_BUFFER;
        case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar" -> SCALAR;
        case "numpy.ndarray" -> NDARRAY;
        case "numpy.dtype" -> DTYPE;
        case "_codecs.encode" -> ENCODE;
        case "builtins.bytes", "__builtin__.bytes" -> BYTES;
        case "builtins.bytearray", "__builtin__.bytearray" -> BYTEARRAY;
        default ->
            throw new IOException(
                "the pickle names " + printable(module + "." + name) + ": refused");
      };
    }
  }

  /** Damaged files name whatever their bytes are, line ends included. */
  private static String printable(String name) {
    return name.replaceAll("[^\\p{Graph} ]", "?");
  }

  /** A numpy type such as {@code |u1}, {@code <f8} or {@code b1}. */
  record Dtype(String code) {

    /** Bytes of one element, 0 for types that are no numbers. */
    int itemBytes() {
      int digits = code.length();
      while (digits > 0 && Character.isDigit(code.charAt(digits - 1))) {
        digits--;
      }
      boolean number = digits > 0 && "biuf".indexOf(code.charAt(digits - 1)) >= 0;
      return number && code.length() == digits + 1 ? code.charAt(digits) - '0' : 0;
    }
  }

  /** A numpy array; empty until its state arrives. */
  static final class NumpyArray {
    ByteBuffer data = ByteBuffer.allocate(0);
    Dtype dtype = new Dtype("");

    /** More than one dimension is longer than 1: no string of bytes. */
    boolean table;

    List<?> objects = List.of();
  }

  /** Calls one of the globals. */
  static Object call(Global global, List<?> arguments) throws IOException {
    switch (global) {
      case RECONSTRUCT -> {
        return new NumpyArray();
      }
      case FROM_BUFFER -> {
        if (arguments.size() >= 3
            && arguments.get(0) instanceof ByteBuffer data
            && arguments.get(1) instanceof Dtype dtype
            && arguments.get(2) instanceof List<?> shape) {
          NumpyArray array = new NumpyArray();
          fill(array, shape, dtype, data);
          return array;
        }
      }
      case DTYPE -> {
        if (!arguments.isEmpty() && text(arguments.get(0)) != null) {
          return new Dtype(text(arguments.get(0)));
        }
      }
      case SCALAR -> {
        if (arguments.size() == 2
            && arguments.get(0) instanceof Dtype dtype
            && arguments.get(1) instanceof ByteBuffer data
            && data.remaining() > 0
            && data.remaining() == dtype.itemBytes()) {
          return flag(data, data.position(), dtype);
        }
      }
      case ENCODE -> {
        if (arguments.size() == 2
            && arguments.get(0) instanceof String value
            && arguments.get(1) instanceof String charset
            && charset.startsWith("latin")) {
          return ByteBuffer.wrap(value.getBytes(StandardCharsets.ISO_8859_1));
        }
      }
      case BYTES, BYTEARRAY -> {
        if (arguments.isEmpty()) {
          return ByteBuffer.allocate(0);
        }
        if (arguments.get(0) instanceof ByteBuffer data) {
          return data;
        }
        if (arguments.get(0) instanceof String value) {
          return ByteBuffer.wrap(value.getBytes(StandardCharsets.ISO_8859_1));
        }
      }
      case NDARRAY -> {}
    }
    throw new IOException("the pickle calls " + global + " with arguments that make no image");
  }

  /** Gives an object its state. */
  static void build(Object target, Object state) throws IOException {
    if (target instanceof Dtype) {
      return; // flags are told in either byte order, images are single bytes
    }
    if (target instanceof NumpyArray array
        && state instanceof List<?> fields
        && fields.size() == 5
        && fields.get(1) instanceof List<?> shape
        && fields.get(2) instanceof Dtype dtype) {
      if (fields.get(4) instanceof List<?> objects) {
        array.dtype = dtype;
        array.objects = objects;
        return;
      }
      Object data = fields.get(4);
      if (data instanceof String value) {
        data = ByteBuffer.wrap(value.getBytes(StandardCharsets.ISO_8859_1));
      }
      if (data instanceof ByteBuffer bytes) {
        fill(array, shape, dtype, bytes);
        return;
      }
    }
    throw new IOException("the pickle gives an object a state that makes no image");
  }

  private static void fill(NumpyArray array, List<?> shape, Dtype dtype, ByteBuffer data)
      throws IOException {
    long elements = 1;
    int lengths = 0;
    for (Object dimension : shape) {
      long length = dimension instanceof Long n && n >= 0 && n <= MappedFile.MAX_SLICE ? n : -1;
      lengths += length == 1 ? 0 : 1;
      elements = length < 0 || elements < 0 ? -1 : Math.min(elements * length, Integer.MAX_VALUE);
    }
    if (dtype.itemBytes() == 0 || elements * dtype.itemBytes() != data.remaining()) {
      throw new IOException(
          "a numpy array of type %s and %d dimensions holds %d bytes, wanted bytes or flags"
              .formatted(dtype.code(), shape.size(), data.remaining()));
    }
    array.dtype = dtype;
    array.table = lengths > 1;
    array.data = data;
  }

  static ByteBuffer[] images(Object value) throws IOException {
    List<?> list = value instanceof NumpyArray array ? array.objects : asList(value, "images");
    ByteBuffer[] images = new ByteBuffer[list.size()];
    for (int i = 0; i < images.length; i++) {
      Object entry = list.get(i);
      if (entry instanceof ByteBuffer bytes) {
        images[i] = bytes;
      } else if (entry instanceof NumpyArray array
          && array.dtype.code().endsWith("u1")
          && !array.table) {
        images[i] = array.data;
      } else {
        throw new IOException("entry " + i + " of the images is no byte string");
      }
    }
    return images;
  }

  static boolean[] booleans(Object value) throws IOException {
    if (value instanceof NumpyArray array && array.dtype.itemBytes() > 0 && !array.table) {
      int bytes = array.dtype.itemBytes();
      boolean[] flags = new boolean[array.data.remaining() / bytes];
      for (int i = 0; i < flags.length; i++) {
        flags[i] = flag(array.data, array.data.position() + i * bytes, array.dtype);
      }
      return flags;
    }
    List<?> list = value instanceof NumpyArray array ? array.objects : asList(value, "same flags");
    boolean[] flags = new boolean[list.size()];
    for (int i = 0; i < flags.length; i++) {
      if (list.get(i) instanceof Boolean flag) {
        flags[i] = flag;
      } else if (list.get(i) instanceof Long number && (number == 0 || number == 1)) {
        flags[i] = number == 1;
      } else if (list.get(i) instanceof Double number && (number == 0 || number == 1)) {
        flags[i] = number == 1;
      } else {
        throw new IOException("entry " + i + " of the same flags is no boolean");
      }
    }
    return flags;
  }

  /** A number that is 0 or 1, in either byte order; any byte but 0 of a boolean is true. */
  private static boolean flag(ByteBuffer data, int at, Dtype dtype) throws IOException {
    int bytes = dtype.itemBytes();
    char kind = dtype.code().charAt(dtype.code().length() - 2);
    long low = 0;
    long high = 0;
    for (int i = 0; i < bytes; i++) {
      long b = data.get(at + i) & 0xffL;
      low |= b << 8 * i;
      high = high << 8 | b;
    }
    if (low == 0 || kind == 'b') {
      return low != 0;
    }
    long one =
        kind != 'f'
            ? 1
            : switch (bytes) {
              case 2 -> 0x3c00;
              case 4 -> Float.floatToIntBits(1);
              default -> Double.doubleToLongBits(1);
            };
    if (low != one && high != one) {
      throw new IOException("a same flag of type " + dtype.code() + " is neither 0 nor 1");
    }
    return true;
  }

  private static List<?> asList(Object value, String what) throws IOException {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new IOException("the pickle holds no list of " + what);
  }

  private static String text(Object value) {
    if (value instanceof String string) {
      return string;
    }
    if (value instanceof ByteBuffer bytes && bytes.remaining() <= 16) {
      return StandardCharsets.ISO_8859_1.decode(bytes.duplicate()).toString();
    }
    return null;
  }
}
