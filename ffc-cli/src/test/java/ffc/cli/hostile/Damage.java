package ffc.cli.hostile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Ways to damage a file, each a function of the bytes and a generator. */
final class Damage {
  private static final Pattern NUMBER = Pattern.compile("[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
  private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z_.0-9-]*");

  private static final long[] LENGTHS = {
    0,
    1,
    -1,
    255,
    65_536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0x7fff_fff0L,
    0xffff_ffffL,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MAX_VALUE / 4,
    1L << 32
  };

  private static final List<String> VALUES =
      List.of(
          "0",
          "-1",
          "1",
          "2147483647",
          "2147483648",
          "-2147483649",
          "9223372036854775807",
          "9223372036854775808",
          "99999999999999999999999999",
          "1e309",
          "-1e-400",
          "0.1",
          ".nan",
          ".inf",
          "NaN",
          "null",
          "~",
          "true",
          "\"\"",
          "[]",
          "{}",
          "[1, 2, 3]",
          "{a: 1}",
          "x",
          "'0'",
          "[null]",
          "[[1]]",
          "- - -",
          "1000000000",
          "\"12\"");

  private static final List<String> FRAGMENTS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ":",
          ": ",
          "- ",
          "\n",
          "\n  ",
          "#",
          "&a ",
          "*a",
          "!!int ",
          "\"",
          "'",
          "|\n",
          ">",
          "?",
          "%YAML 1.2",
          "---\n",
          "\t",
          "\u0000",
          "\ufeff",
          "\\u12",
          "<<: ",
          "unknown: 1\n",
          ",",
          "=",
          "${HOME}",
          "${NOT_THERE}",
          "é",
          "\ud83d\ude00",
          "\r",
          " ");

  private Damage() {}

  /** Damages a text half of the time as text, otherwise as bytes. */
  static byte[] text(byte[] whole, Random random) {
    return random.nextInt(4) == 0 ? binary(whole, random) : words(whole, random);
  }

  /** Flips bits, cuts, overwrites lengths, doubles and removes stretches. */
  static byte[] binary(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    for (int i = random.nextInt(3); i >= 0 && bytes.length > 0; i--) {
      bytes = once(bytes, random);
    }
    return bytes;
  }

  private static byte[] once(byte[] bytes, Random random) {
    // The beginning holds the lengths of most formats.
    int reach = random.nextBoolean() ? Math.min(bytes.length, 64) : bytes.length;
    int at = random.nextInt(reach);
    switch (random.nextInt(7)) {
      case 0 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 1, 2 -> {
        for (int i = random.nextInt(4); i >= 0; i--) {
          bytes[random.nextInt(reach)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 3, 4 -> {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        buffer.order(random.nextInt(4) == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        long value = LENGTHS[random.nextInt(LENGTHS.length)];
        if (random.nextBoolean() && at + 8 <= bytes.length) {
          buffer.putLong(at, value);
        } else if (at + 4 <= bytes.length) {
          buffer.putInt(at, (int) value);
        } else {
          bytes[at] = (byte) value;
        }
      }
      case 5 -> {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(200));
        return splice(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
      }
      default -> {
        return splice(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(200)), new byte[0]);
      }
    }
    return bytes;
  }

  /** Exchanges numbers for extreme ones and for other types, words and lines for each other. */
  static byte[] words(byte[] whole, Random random) {
    String text = new String(whole, StandardCharsets.UTF_8);
    for (int i = random.nextInt(3); i >= 0; i--) {
      text = once(text, random);
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String once(String text, Random random) {
    List<MatchResult> found;
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> {
        found = NUMBER.matcher(text).results().toList();
        return found.isEmpty() ? text : replace(text, pick(found, random), pick(VALUES, random));
      }
      case 3 -> {
        found = WORD.matcher(text).results().toList();
        return found.isEmpty() ? text : replace(text, pick(found, random), pick(VALUES, random));
      }
      case 4 -> {
        found = WORD.matcher(text).results().toList();
        return found.isEmpty()
            ? text
            : replace(text, pick(found, random), pick(found, random).group());
      }
      case 5, 6 -> {
        String[] lines = text.split("(?<=\n)", -1);
        int line = random.nextInt(lines.length);
        String other = lines[random.nextInt(lines.length)];
        lines[line] =
            random.nextInt(3) == 0 ? "" : random.nextBoolean() ? lines[line] + other : other;
        return String.join("", lines);
      }
      default -> {
        int at = random.nextInt(text.length() + 1);
        return text.substring(0, at) + pick(FRAGMENTS, random) + text.substring(at);
      }
    }
  }

  private static String replace(String text, MatchResult at, String value) {
    return text.substring(0, at.start()) + value + text.substring(at.end());
  }

  static <T> T pick(List<T> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }

  /** Any of the values that settings are given in place of their own. */
  static String value(Random random) {
    return pick(VALUES, random);
  }

  static byte[] splice(byte[] bytes, int from, int to, byte[] insert) {
    byte[] result = Arrays.copyOf(bytes, from + insert.length + bytes.length - to);
    System.arraycopy(insert, 0, result, from, insert.length);
    System.arraycopy(bytes, to, result, from + insert.length, bytes.length - to);
    return result;
  }
}
