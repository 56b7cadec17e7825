package ffc.runs.plan;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as people write them: {@code 80GiB}, {@code 1.5 TB}, {@code 4096}. */
public final class ByteSize {
  private static final Pattern TEXT =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*(?:([kKMGT])(i)?)?B?");
  private static final String UNITS = "KMGT";

  private ByteSize() {}

  /**
   * Parses a size; k, M, G and T are powers of 1000, with an i of 1024.
   *
   * @throws IllegalArgumentException if it is none, or not positive
   */
  public static long parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (matcher.matches()) {
      double base = matcher.group(3) == null ? 1000 : 1024;
      int power =
          matcher.group(2) == null
              ? 0
              : UNITS.indexOf(matcher.group(2).toUpperCase(Locale.ROOT)) + 1;
      double bytes = Double.parseDouble(matcher.group(1)) * Math.pow(base, power);
      if (bytes >= 1 && bytes < Long.MAX_VALUE) {
        return (long) bytes;
      }
    }
    throw new IllegalArgumentException(
        "size '" + text + "': wanted a positive number with a unit, such as 80GiB or 512MB");
  }

  /** A size in three digits and a decimal unit, such as {@code 1.23 GB}. */
  public static String text(long bytes) {
    double value = bytes;
    String unit = "B";
    for (int i = 0; i < UNITS.length() && value >= 999.5; i++) {
      value /= 1000;
      unit = (UNITS.charAt(i) == 'K' ? "k" : UNITS.substring(i, i + 1)) + "B";
    }
    String format = unit.equals("B") || value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value) + " " + unit;
  }
}
