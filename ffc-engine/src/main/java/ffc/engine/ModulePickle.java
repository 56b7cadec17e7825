package ffc.engine;

import ffc.formats.ElementType;
import ffc.formats.HostTensor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The pickle (protocol 2) of one TorchScript module whose attributes are arrays. */
final class ModulePickle {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private ModulePickle() {}

  /**
   * Pickles a module of class {@code __torch__.Module}.
   *
   * @param attributes arrays by name; storage keys count from 0 in their order
   * @param training whether the class declares {@code training}; it is set to false
   */
  static byte[] of(Map<String, HostTensor> attributes, boolean training) {
    ModulePickle pickle = new ModulePickle();
    pickle.codes(0x80, 2);
    pickle.global("__torch__", "Module");
    pickle.codes(')', 0x81, '}', '(');
    int key = 0;
    for (Map.Entry<String, HostTensor> attribute : attributes.entrySet()) {
      pickle.text(attribute.getKey());
      pickle.array(attribute.getValue(), key++);
    }
    if (training) {
      pickle.text("training");
      pickle.codes(0x89);
    }
    pickle.codes('u', 'b', '.');
    return pickle.out.toByteArray();
  }

  private void array(HostTensor array, int key) {
    global("torch._utils", "_rebuild_tensor_v2");
    codes('(', '(');
    text("storage");
    global("torch", storage(array.type()));
    text(Integer.toString(key));
    text("cpu");
    number(array.elements());
    codes('t', 'Q');
    number(0);
    codes('(');
    for (long size : array.shape()) {
      number(size);
    }
    codes('t', '(');
    long stride = array.elements();
    for (long size : array.shape()) {
      stride = size == 0 ? 1 : stride / size;
      number(stride);
    }
    codes('t', 0x89);
    global("collections", "OrderedDict");
    codes(')', 'R', 't', 'R');
  }

  private static String storage(ElementType type) {
    return switch (type) {
      case F32 -> "FloatStorage";
      case I64 -> "LongStorage";
      default ->
          throw new IllegalArgumentException("got array of type " + type + ", wanted F32 or I64");
    };
  }

  private void codes(int... codes) {
    for (int code : codes) {
      out.write(code);
    }
  }

  private void global(String module, String name) {
    codes('c');
    out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    codes('X');
    int32(bytes.length);
    out.writeBytes(bytes);
  }

  private void number(long value) {
    if (value != (int) value) {
      throw new IllegalArgumentException("array of " + value + " elements exceeds 2^31");
    }
    codes('J');
    int32((int) value);
  }

  private void int32(int value) {
    codes(value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >>> 24);
  }
}
