package ffc.formats;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the pickle of a PyTorch checkpoint without running anything: containers, numbers, text, and
 * tensors put together by the few functions that {@code torch.save} names for them. Whatever any
 * other global would make is not made: it stays an {@link Other}, and a tensor that needs one is
 * refused.
 *
 * <p>Values come out as {@code Map}, {@code List}, {@code String}, {@code Long}, {@code Double},
 * {@code Boolean}, {@code null}, {@link Strided} and {@link Other}.
 */
final class CheckpointPickle {
  /** A view into a storage. */
  record Strided(Storage storage, long offset, long[] shape, long[] stride) {}

  /** A storage: entry {@code data/key} of the zip. */
  record Storage(ElementType type, String key, long elements) {}

  /** A value that is of no use here, such as an integer larger than 64 bits or a namespace. */
  record Other(String what) {}

  private record Global(String name) {}

  private static final Object MARK = new Object();

  private final ByteBuffer in;
  private final ArrayList<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private CheckpointPickle(ByteBuffer pickle) {
    in = pickle.order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads the one object of a pickle, which is left behind.
   *
   * @throws IllegalArgumentException if it is corrupt or names anything that is not allowed; the
   *     message begins with the offset
   */
  static Object read(ByteBuffer pickle) {
    CheckpointPickle reader = new CheckpointPickle(pickle);
    try {
      return reader.run();
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "offset " + reader.in.position() + ": the pickle is truncated or corrupt", e);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "offset " + reader.in.position() + ": the pickle is corrupt: " + e.getMessage(), e);
    } catch (ClassCastException | NullPointerException | UnsupportedOperationException e) {
      throw new IllegalArgumentException(
          "offset "
              + reader.in.position()
              + ": the pickle is corrupt: a value is of another kind than its place wants",
          e);
    }
  }

  private Object run() {
    while (true) {
      int offset = in.position();
      int code = in.get() & 0xff;
      switch (code) {
        case 0x80 -> in.get(); // PROTO
        case 0x95 -> in.getLong(); // FRAME
        case '.' -> {
          return pop();
        }
        case '(' -> push(MARK);
        case ')' -> push(new ArrayList<>());
        case ']' -> push(new ArrayList<>());
        case '}' -> push(new LinkedHashMap<>());
        case 0x8f -> push(new ArrayList<>()); // EMPTY_SET
        case 'N' -> push(null);
        case 0x88 -> push(true);
        case 0x89 -> push(false);
        case 'J' -> push((long) in.getInt());
        case 'K' -> push((long) (in.get() & 0xff));
        case 'M' -> push((long) (in.getShort() & 0xffff));
        case 0x8a -> push(longOf(in.get() & 0xff));
        case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
        case 'X' -> push(text(in.getInt()));
        case 0x8c -> push(text(in.get() & 0xff));
        case 'T' -> push(text(in.getInt()));
        case 'U' -> push(text(in.get() & 0xff));
        case 'C' -> push(text(in.get() & 0xff));
        case 'B' -> push(text(in.getInt()));
        case 't' -> push(afterMark());
        case 0x85 -> push(top(1));
        case 0x86 -> push(top(2));
        case 0x87 -> push(top(3));
        case 'q' -> memo.put(in.get() & 0xff, peek());
        case 'r' -> memo.put(in.getInt(), peek());
        case 0x94 -> memo.put(memo.size(), peek());
        case 'h' -> push(remembered(in.get() & 0xff, offset));
        case 'j' -> push(remembered(in.getInt(), offset));
        case '0' -> pop();
        case 'a' -> {
          Object item = pop();
          if (!(peek() instanceof Other)) {
            list(peek()).add(item);
          }
        }
        case 'e', 0x90 -> {
          List<Object> items = afterMark();
          if (!(peek() instanceof Other)) {
            list(peek()).addAll(items);
          }
        }
        case 's' -> {
          Object value = pop();
          Object key = pop();
          put(peek(), key, value, offset);
        }
        case 'u' -> {
          List<Object> items = afterMark();
          for (int i = 0; i < items.size(); i += 2) {
            put(peek(), items.get(i), items.get(i + 1), offset);
          }
        }
        case 'c' -> push(new Global(line() + "." + line()));
        case 0x93 -> {
          String name = (String) pop();
          push(new Global(pop() + "." + name));
        }
        case 'R' -> {
          List<Object> arguments = list(pop());
          push(pop() instanceof Global function ? call(function, arguments) : new Other("call"));
        }
        case 0x81 -> { // NEWOBJ
          pop();
          push(new Other(pop() instanceof Global type ? type.name() : "object"));
        }
        case 0x92 -> { // NEWOBJ_EX
          pop();
          pop();
          push(new Other(pop() instanceof Global type ? type.name() : "object"));
        }
        case 'Q' -> push(storage(list(pop()), offset));
        // A state set on an ordered dict is its _metadata, which is of no use here.
        case 'b' -> pop();
        default ->
            throw new IllegalArgumentException(
                "offset "
                    + offset
                    + ": got pickle opcode 0x"
                    + Integer.toHexString(code)
                    + ", which no checkpoint of plain tensors uses");
      }
    }
  }

  /** Adds to a map. Keys are scalars: a hash of nested tuples can take longer than any run. */
  private static void put(Object map, Object key, Object value, int offset) {
    if (map instanceof Other) {
      return;
    }
    if (!(key == null
        || key instanceof String
        || key instanceof Long
        || key instanceof Double
        || key instanceof Boolean)) {
      if (key instanceof Other || key instanceof Global) {
        return;
      }
      throw new IllegalArgumentException(
          "offset " + offset + ": got a key that is no text or number, wanted names");
    }
    map(map).put(key, value);
  }

  private static ElementType storageType(String global) {
    return global.startsWith("torch.") ? ElementType.ofStorage(global.substring(6)) : null;
  }

  private Object call(Global function, List<Object> arguments) {
    return switch (function.name()) {
      case "collections.OrderedDict" -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (!arguments.isEmpty()) {
          for (Object pair : list(arguments.get(0))) {
            put(map, list(pair).get(0), list(pair).get(1), in.position());
          }
        }
        yield map;
      }
      case "torch._utils._rebuild_tensor_v2" ->
          arguments.get(0) instanceof Storage storage
              ? new Strided(
                  storage,
                  (Long) arguments.get(1),
                  numbers(arguments.get(2)),
                  numbers(arguments.get(3)))
              : new Other("tensor of another storage");
      case "torch._utils._rebuild_parameter", "torch.Size" -> arguments.get(0);
      default -> new Other(function.name());
    };
  }

  private static Object storage(List<Object> id, int offset) {
    // Files before 1.6 add a view of another storage, which is null in all that torch.save wrote.
    boolean known =
        (id.size() == 5 || id.size() == 6 && id.get(5) == null)
            && "storage".equals(id.get(0))
            && id.get(1) instanceof Global;
    ElementType type = known ? storageType(((Global) id.get(1)).name()) : null;
    if (type != null) {
      return new Storage(type, (String) id.get(2), (Long) id.get(4));
    }
    if (known) {
      return new Other(((Global) id.get(1)).name());
    }
    throw new IllegalArgumentException(
        "offset " + offset + ": got a storage without type, wanted one of known element type");
  }

  private Object remembered(int key, int offset) {
    if (!memo.containsKey(key)) {
      throw new IllegalArgumentException("offset " + offset + ": got unknown memo " + key);
    }
    return memo.get(key);
  }

  private static long[] numbers(Object list) {
    return list(list).stream().mapToLong(number -> (Long) number).toArray();
  }

  private Object longOf(int bytes) {
    byte[] digits = new byte[bytes];
    in.get(digits);
    long value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      value = i == bytes - 1 ? digits[i] : value << 8 | (digits[i] & 0xff);
    }
    return bytes > 8 ? new Other("integer of " + bytes + " bytes") : (Object) value;
  }

  private String text(int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (char c = (char) in.get(); c != '\n'; c = (char) in.get()) {
      line.append(c);
    }
    return line.toString();
  }

  private List<Object> top(int count) {
    List<Object> tail = stack.subList(stack.size() - count, stack.size());
    List<Object> tuple = new ArrayList<>(tail);
    tail.clear();
    return tuple;
  }

  private List<Object> afterMark() {
    return splitAt(stack.lastIndexOf(MARK));
  }

  private List<Object> splitAt(int mark) {
    List<Object> items = top(stack.size() - mark - 1);
    pop();
    return items;
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object pop() {
    return stack.remove(stack.size() - 1);
  }

  private Object peek() {
    return stack.get(stack.size() - 1);
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Object value) {
    return (List<Object>) value;
  }

  @SuppressWarnings("unchecked")
  private static Map<Object, Object> map(Object value) {
    return (Map<Object, Object>) value;
  }
}
