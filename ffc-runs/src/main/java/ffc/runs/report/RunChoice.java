package ffc.runs.report;

import ffc.runs.experiment.Nearest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which runs a list shows, and in which order: by the columns of {@link RunComparison} and the
 * settings of their experiments.
 *
 * @param tags all of which a run has
 * @param where conditions such as {@code loss<3} or {@code method.type=ffc}, all of which hold
 * @param sort name of the column or setting to sort by, with {@code -} before it the other way
 *     round; null for the order given
 */
public record RunChoice(List<String> tags, List<String> where, String sort) {
  private static final Pattern TEST = Pattern.compile("\\s*(<=|>=|!=|=|<|>)\\s*(.*)");

  /** A run with its values by name. */
  private record Row(RunFiles run, Map<String, String> values) {}

  private record Test(String name, String operator, String wanted) {
    /**
     * @throws IllegalArgumentException if nothing can be compared with what is wanted
     */
    void check(String text) {
      boolean order = operator.startsWith("<") || operator.startsWith(">");
      if (wanted.isEmpty() || order && number(wanted) == null) {
        throw new IllegalArgumentException(
            "--where: got \"%s\", wanted a %s behind %s"
                .formatted(text, order ? "number" : "value", operator));
      }
    }

    boolean holds(Row row) {
      String value = row.values.get(name);
      if (value == null || value.equals("-")) {
        return operator.equals("!=");
      }
      Double number = number(value);
      Double limit = number(wanted);
      boolean numbers = number != null && limit != null;
      int order = numbers ? number.compareTo(limit) : value.compareTo(wanted);
      return switch (operator) {
        case "=" -> order == 0;
        case "!=" -> order != 0;
        case "<" -> numbers && order < 0;
        case "<=" -> numbers && order <= 0;
        case ">" -> numbers && order > 0;
        default -> numbers && order >= 0;
      };
    }
  }

  /**
   * The runs that are shown, in their order.
   *
   * @throws IllegalArgumentException if a condition or the order names nothing that a run has
   */
  public List<RunFiles> of(List<RunFiles> runs) {
    List<Row> rows = new ArrayList<>();
    runs.forEach(run -> rows.add(new Row(run, RunComparison.values(run))));
    Set<String> names = names(rows);
    if (!isTold(names)) { // reading experiments takes longer than all the rest
      rows.forEach(
          row -> RunComparison.settings(row.run.folder()).forEach(row.values::putIfAbsent));
      names = names(rows);
    }
    if (rows.isEmpty()) {
      return List.of();
    }
    List<Test> tests = new ArrayList<>();
    for (String text : where) {
      Set<String> known = names;
      Test test =
          test(text, names)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "--where: " + unknown(text.split("[<>=!]", 2)[0], known)));
      test.check(text);
      tests.add(test);
    }
    rows.removeIf(row -> !row.run.notes().tags().containsAll(tags));
    rows.removeIf(row -> !tests.stream().allMatch(test -> test.holds(row)));
    if (sort != null) {
      String name = sortName();
      if (!names.contains(name)) {
        throw new IllegalArgumentException("--sort: " + unknown(name, names));
      }
      rows.sort(by(name, sort.startsWith("-")));
    }
    return rows.stream().map(Row::run).toList();
  }

  private String sortName() {
    return sort.startsWith("-") ? sort.substring(1) : sort;
  }

  private static Set<String> names(List<Row> rows) {
    Set<String> names = new LinkedHashSet<>();
    rows.forEach(row -> names.addAll(row.values.keySet()));
    return names;
  }

  /** Whether all that is asked for is among some names. */
  private boolean isTold(Set<String> names) {
    return (sort == null || names.contains(sortName()))
        && where.stream().allMatch(text -> test(text, names).isPresent());
  }

  /** Numbers before words; runs without a value last, whichever way round. */
  private static Comparator<Row> by(String name, boolean down) {
    Comparator<String> values =
        (a, b) -> {
          Double x = number(a);
          Double y = number(b);
          return x != null && y != null
              ? x.compareTo(y)
              : x != null ? -1 : y != null ? 1 : a.compareTo(b);
        };
    return Comparator.comparing(
        row -> "-".equals(row.values.get(name)) ? null : row.values.get(name),
        Comparator.nullsLast(down ? values.reversed() : values));
  }

  /** A condition on one of some names; empty if it begins with none of them. */
  private static Optional<Test> test(String text, Set<String> names) {
    // A name may have an operator in it, as TAR@FAR=1e-3 has: the longest that fits is meant.
    Test found = null;
    for (String name : names) {
      Matcher rest = TEST.matcher(text.startsWith(name) ? text.substring(name.length()) : "");
      if (rest.matches() && (found == null || name.length() > found.name.length())) {
        found = new Test(name, rest.group(1), rest.group(2).strip());
      }
    }
    return Optional.ofNullable(found);
  }

  private static String unknown(String name, Set<String> names) {
    return "got \""
        + name.strip()
        + "\", wanted a column or a setting of the runs, such as loss, state or method.type"
        + Nearest.to(name.strip(), names).map(near -> "; did you mean " + near + "?").orElse("");
  }

  private static Double number(String text) {
    try {
      return Double.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
