package ffc.formats;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Element types that the formats share, with each format's name for them. */
public enum ElementType {
  F64(8, "<f8", "DoubleStorage"),
  F32(4, "<f4", "FloatStorage"),
  F16(2, "<f2", "HalfStorage"),
  BF16(2, null, "BFloat16Storage"),
  I64(8, "<i8", "LongStorage"),
  I32(4, "<i4", "IntStorage"),
  I16(2, "<i2", "ShortStorage"),
  I8(1, "|i1", "CharStorage"),
  U8(1, "|u1", "ByteStorage"),
  BOOL(1, "|b1", "BoolStorage");

  private static final Map<String, ElementType> BY_NAME = by(Enum::name);
  private static final Map<String, ElementType> BY_NUMPY = by(ElementType::numpy);
  private static final Map<String, ElementType> BY_STORAGE = by(ElementType::storage);

  private final int bytes;
  private final String numpy;
  private final String storage;

  ElementType(int bytes, String numpy, String storage) {
    this.bytes = bytes;
    this.numpy = numpy;
    this.storage = storage;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** NumPy's descriptor, or null if it has none. */
  String numpy() {
    return numpy;
  }

  /** Name of PyTorch's storage class. */
  String storage() {
    return storage;
  }

  /** The type of a safetensors name such as {@code F32}, or null. */
  static ElementType ofSafetensors(String name) {
    return BY_NAME.get(name);
  }

  /** The type of a NumPy descriptor such as {@code <f4}, or null. */
  static ElementType ofNumpy(String descriptor) {
    return BY_NUMPY.get(descriptor);
  }

  /** The type of a PyTorch storage class, or null. */
  static ElementType ofStorage(String name) {
    return BY_STORAGE.get(name);
  }

  private static Map<String, ElementType> by(Function<ElementType, String> name) {
    return Stream.of(values())
        .filter(type -> name.apply(type) != null)
        .collect(Collectors.toUnmodifiableMap(name, type -> type));
  }
}
