package ffc.loaders.pairs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A pickle machine for verification sets, protocols 0 to 5. It knows lists, tuples, dictionaries,
 * byte strings, text, numbers and the few globals of {@link PickleValues}; anything else is
 * refused. Byte strings are slices of the input, so that a corrupt length cannot ask for memory,
 * and the number of operations is bounded, since each may leave an object behind.
 */
final class PickleReader {
  /** Room for some 200,000 pairs of numpy images, a million of byte strings. */
  private static final int MOST_OPERATIONS = 1 << 23;

  private static final Object MARK = new Object();

  /** What Python's None becomes: lists and maps then need no nulls. */
  private static final Object NONE = new Object();

  private final ByteBuffer input;
  private final ArrayList<Object> stack = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();

  PickleReader(ByteBuffer input) {
    this.input = input.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Runs the pickle; lists and tuples become lists, integers longs, byte strings buffers. */
  Object read() throws IOException {
    int at = 0;
    try {
      for (int i = 0; i < MOST_OPERATIONS; i++) {
        at = input.position();
        int opcode = next();
        if (opcode == '.') {
          return pop();
        }
        step(opcode);
      }
      throw new IOException("the pickle has more than " + MOST_OPERATIONS + " operations");
    } catch (IndexOutOfBoundsException | java.nio.BufferUnderflowException e) {
      throw new IOException(
          "pickle ends early or is damaged at byte %d of %d".formatted(at, input.limit()), e);
    } catch (ClassCastException | NumberFormatException e) {
      throw new IOException("pickle is damaged at byte " + at, e);
    }
  }

  private void step(int opcode) throws IOException {
    switch (opcode) {
      case 0x80 -> next(); // PROTO
      case 0x95 -> skip(8); // FRAME
      case '(' -> stack.add(MARK);
      case '0' -> pop();
      case '1' -> popMark();
      case '2' -> stack.add(top());
      case 'N' -> stack.add(NONE);
      case 0x88 -> stack.add(true);
      case 0x89 -> stack.add(false);
      case 'I', 'L' -> stack.add(integer(line()));
      case 'J' -> stack.add((long) input.getInt());
      case 'K' -> stack.add((long) next());
      case 'M' -> stack.add((long) (input.getShort() & 0xffff));
      case 0x8a -> stack.add(longOf(next()));
      case 'F' -> stack.add(Double.parseDouble(line()));
      case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(input.getLong())));
      case 'S' -> stack.add(ByteBuffer.wrap(PickleText.unescapeBytes(line())));
      case 'T', 'B' -> stack.add(bytes(input.getInt()));
      case 'U', 'C' -> stack.add(bytes(next()));
      case 0x8e, 0x96 -> stack.add(bytes(input.getLong()));
      case 'V' -> stack.add(PickleText.unescapeUnicode(line()));
      case 'X' -> stack.add(text(input.getInt()));
      case 0x8c -> stack.add(text(next()));
      case 0x8d -> stack.add(text(input.getLong()));
      case ']' -> stack.add(new ArrayList<>());
      case ')' -> stack.add(new ArrayList<>());
      case 'l' -> stack.add(new ArrayList<>(popMark()));
      case 't' -> stack.add(popMark());
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 'a' -> {
        Object item = pop();
        list(top()).add(item);
      }
      case 'e' -> {
        List<Object> items = popMark();
        list(top()).addAll(items);
      }
      case '}' -> stack.add(new HashMap<>());
      case 'd' -> {
        popMark();
        stack.add(new HashMap<>());
      }
      case 's' -> {
        pop();
        pop();
      }
      case 'u' -> popMark();
      case 'p' -> memo.put(Long.parseLong(line()), top());
      case 'q' -> memo.put((long) next(), top());
      case 'r' -> memo.put((long) input.getInt(), top());
      case 0x94 -> memo.put((long) memo.size(), top());
      case 'g' -> stack.add(remembered(Long.parseLong(line())));
      case 'h' -> stack.add(remembered(next()));
      case 'j' -> stack.add(remembered(input.getInt()));
      case 'c' -> stack.add(PickleValues.Global.of(line(), line()));
      case 0x93 -> {
        Object name = pop();
        Object module = pop();
        stack.add(PickleValues.Global.of((String) module, (String) name));
      }
      case 'R', 0x81 -> {
        List<?> arguments = (List<?>) pop();
        stack.add(PickleValues.call((PickleValues.Global) pop(), arguments));
      }
      case 'b' -> {
        Object state = pop();
        PickleValues.build(top(), state);
      }
      default ->
          throw new IOException(
              "no verification pickle: operation 0x%02x at byte %d"
                  .formatted(opcode, input.position() - 1));
    }
  }

  private int next() {
    return input.get() & 0xff;
  }

  private void skip(int count) {
    input.position(checkedEnd(count));
  }

  private int checkedEnd(long count) {
    if (count < 0 || count > input.remaining()) {
      throw new IndexOutOfBoundsException("length " + count);
    }
    return input.position() + (int) count;
  }

  private ByteBuffer bytes(long length) {
    int end = checkedEnd(length);
    ByteBuffer slice = input.slice(input.position(), (int) length).asReadOnlyBuffer();
    input.position(end);
    return slice;
  }

  private String text(long length) {
    return StandardCharsets.UTF_8.decode(bytes(length)).toString();
  }

  private String line() {
    int end = input.position();
    while (input.get(end) != '\n') {
      end++;
    }
    String line = StandardCharsets.ISO_8859_1.decode(bytes(end - input.position())).toString();
    input.get();
    return line;
  }

  private static Object integer(String line) {
    return switch (line) {
      case "00" -> false;
      case "01" -> true;
      default -> Long.parseLong(line.endsWith("L") ? line.substring(0, line.length() - 1) : line);
    };
  }

  private long longOf(int length) {
    ByteBuffer digits = bytes(length);
    if (length > 8) {
      throw new NumberFormatException("integer of " + length + " bytes");
    }
    long value = 0;
    for (int i = length - 1; i >= 0; i--) {
      value = i == length - 1 ? digits.get(i) : value << 8 | (digits.get(i) & 0xff);
    }
    return value;
  }

  private Object top() {
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    return stack.remove(stack.size() - 1);
  }

  private List<Object> popMark() {
    int mark = stack.lastIndexOf(MARK);
    List<Object> above = stack.subList(mark + 1, stack.size());
    List<Object> items = new ArrayList<>(above);
    above.clear();
    stack.remove(mark);
    return items;
  }

  private void tuple(int size) {
    List<Object> last = stack.subList(stack.size() - size, stack.size());
    List<Object> items = new ArrayList<>(last);
    last.clear();
    stack.add(items);
  }

  private Object remembered(long key) throws IOException {
    Object value = memo.get(key);
    if (value == null) {
      throw new IOException("pickle is damaged: it recalls object " + key + ", never stored");
    }
    return value;
  }

  @SuppressWarnings("unchecked") // every list on the stack was made here
  private static List<Object> list(Object value) {
    return (List<Object>) value;
  }
}
