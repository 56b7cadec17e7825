package ffc.runs.plan;

import ffc.core.method.MethodConfig;
import ffc.runs.page.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What {@code ffc plan --network} prints. */
public final class NetworkText {
  private static final int[] GRID = {1, 2, 4, 8, 16, 64, 512};

  private NetworkText() {}

  /**
   * A table of numbers of trainers.
   *
   * @param methods those that several trainers can train are shown
   */
  public static String render(NetworkPlan plan, List<MethodConfig> methods, int trainers) {
    Map<String, MethodConfig> shown = new TreeMap<>();
    methods.stream()
        .filter(MethodConfig::severalTrainers)
        .forEach(method -> shown.putIfAbsent(method.type(), method));
    List<List<String>> rows = new ArrayList<>();
    List<String> heading = new ArrayList<>(List.of("trainers"));
    for (String type : shown.keySet()) {
      heading.add(type + ": step");
      heading.add("exchange");
      if (heading.size() == 3) {
        heading.add("gradients"); // the same for all
      }
      heading.addAll(List.of("sent", "efficiency"));
    }
    rows.add(heading);
    IntStream.concat(IntStream.of(GRID), IntStream.of(trainers))
        .sorted()
        .distinct()
        .forEach(
            n -> rows.add(row(n, shown.values().stream().map(m -> plan.predict(m, n)).toList())));
    return "\npredicted for one trainer and step, its batch staying the same\n"
        + new Table(rows).textToTheRight()
        + "\nNothing overlaps; the head's own work and the host's work on the group are not in it.\n";
  }

  private static List<String> row(int trainers, List<NetworkPlan.Prediction> predictions) {
    List<String> row = new ArrayList<>(List.of(Integer.toString(trainers)));
    for (NetworkPlan.Prediction of : predictions) {
      row.add(milliseconds(of.stepSeconds()));
      row.add(milliseconds(of.exchangeSeconds()));
      if (row.size() == 3) {
        row.add(milliseconds(of.gradientSeconds()));
      }
      row.addAll(List.of(ByteSize.text((long) of.sentBytes()), percent(of.efficiency())));
    }
    return row;
  }

  private static String milliseconds(double seconds) {
    return String.format(Locale.ROOT, "%.1f ms", seconds * 1e3);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", share * 100);
  }
}
