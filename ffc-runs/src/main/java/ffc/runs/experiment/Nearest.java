package ffc.runs.experiment;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the known word that somebody probably meant. */
public final class Nearest {
  private Nearest() {}

  /**
   * The known word that {@code word} abbreviates, as pfc does partial-fc and lr learningRate, or
   * else the one with the smallest edit distance from {@code word}, upper and lower case being
   * equal, if it is near enough for a slip: a third of the letters, at least two. The beginning of
   * a word (three letters or more) is near as well, and so is a word that begins with a known one.
   */
  public static Optional<String> to(String word, Collection<String> known) {
    String lower = word.toLowerCase(Locale.ROOT);
    int limit = Math.max(2, word.length() / 3);
    Optional<String> whole =
        known.stream().filter(k -> abbreviates(lower, parts(k), 0)).findFirst();
    if (whole.isPresent()) {
      return whole;
    }
    return known.stream()
        .filter(k -> gap(lower, k.toLowerCase(Locale.ROOT)) <= limit)
        .min(
            Comparator.comparingInt((String k) -> gap(lower, k.toLowerCase(Locale.ROOT)))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static String[] parts(String known) {
    String[] parts = known.split("[-_.]|(?<=[a-z])(?=[A-Z])");
    for (int i = 0; i < parts.length; i++) {
      parts[i] = parts[i].toLowerCase(Locale.ROOT);
    }
    return parts;
  }

  /** Whether a word consists of beginnings of all parts of another one of several parts. */
  private static boolean abbreviates(String word, String[] parts, int from) {
    if (parts.length < 2 || word.length() < parts.length - from) {
      return false;
    }
    if (from == parts.length - 1) {
      return !word.isEmpty() && parts[from].startsWith(word);
    }
    for (int i = 1; i <= Math.min(word.length(), parts[from].length()); i++) {
      if (parts[from].startsWith(word.substring(0, i))
          && abbreviates(word.substring(i), parts, from + 1)) {
        return true;
      }
    }
    return false;
  }

  private static int gap(String word, String known) {
    boolean prefix = word.length() >= 3 && known.startsWith(word);
    if (prefix || word.length() > 100) {
      // Words longer than any key are no slips, and the table of distances would be large.
      return prefix ? 1 : Integer.MAX_VALUE;
    }
    boolean longer = known.length() >= 3 && word.startsWith(known);
    return longer ? Math.min(2, distance(word, known)) : distance(word, known);
  }

  /** Edits (insert, delete, replace, swap of neighbours) that turn a into b. */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + cost);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
