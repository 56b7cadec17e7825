package ffc.loaders.data;

import java.util.Locale;

/** Numbers of things in sentences: "1 pair", "12,000 pairs", "2 identities". */
public final class Counted {
  private Counted() {}

  /** The number with its noun. */
  public static String of(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s", number, noun(number, noun));
  }

  /** The noun that fits a number: an English one that takes an s, or -ies for -y. */
  public static String noun(long number, String noun) {
    if (number == 1) {
      return noun;
    }
    return noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
  }
}
