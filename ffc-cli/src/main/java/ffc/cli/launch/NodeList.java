package ffc.cli.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Host names as Slurm shortens them.
 *
 * <pre>
 * list  = name { "," name }
 * name  = ( text | "[" range { "," range } "]" ) { ... }
 * range = number [ "-" number ]        as many digits as the first number has
 * </pre>
 */
final class NodeList {
  /** More than any machine has: a mistyped range must not fill the memory. */
  private static final int MOST = 100_000;

  private static final Pattern NAME = Pattern.compile("([A-Za-z0-9._-]|\\[[0-9,-]+])+");
  private static final Pattern PART = Pattern.compile("\\[([^]]*)]|[^\\[]+");
  private static final Pattern RANGE = Pattern.compile("([0-9]{1,9})(?:-([0-9]{1,9}))?");

  private NodeList() {}

  /**
   * The names in their order.
   *
   * @throws IllegalArgumentException that says what is wrong, without saying where the text is from
   */
  static List<String> expand(String text) {
    List<String> names = new ArrayList<>();
    // At commas outside of brackets.
    for (String name : text.strip().split(",(?![^\\[]*])", -1)) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "wanted host names such as node[01-03,07],gpu1, got " + printable(name));
      }
      List<String> begun = List.of("");
      for (Matcher part = PART.matcher(name); part.find(); ) {
        List<String> ends =
            part.group(1) == null ? List.of(part.group()) : numbers(part.group(1), part.group());
        if ((long) begun.size() * ends.size() + names.size() > MOST) {
          throw new IllegalArgumentException(name + " stands for more than " + MOST + " hosts");
        }
        List<String> longer = new ArrayList<>();
        begun.forEach(start -> ends.forEach(end -> longer.add(start + end)));
        begun = longer;
      }
      names.addAll(begun);
    }
    return List.copyOf(names);
  }

  private static List<String> numbers(String ranges, String place) {
    List<String> numbers = new ArrayList<>();
    for (String text : ranges.split(",", -1)) {
      Matcher range = RANGE.matcher(text);
      if (!range.matches()) {
        throw new IllegalArgumentException(
            "wanted numbers or ranges such as 01-03 in " + place + ", got " + printable(text));
      }
      int first = Integer.parseInt(range.group(1));
      int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
      if (last < first || last - first >= MOST) {
        throw new IllegalArgumentException(
            place + ": the range " + text + " is empty or has more than " + MOST + " hosts");
      }
      String digits = "%0" + range.group(1).length() + "d";
      for (int number = first; number <= last; number++) {
        numbers.add(String.format(Locale.ROOT, digits, number));
      }
    }
    return numbers;
  }

  private static String printable(String text) {
    return text.isEmpty() ? "an empty name" : "\"" + text.replaceAll("\\p{Cntrl}", "?") + "\"";
  }
}
