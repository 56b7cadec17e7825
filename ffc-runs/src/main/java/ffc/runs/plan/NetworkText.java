package ffc.runs.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** What {@code ffc plan --network} prints. */
public final class NetworkText {
  private static final int[] GRID = {1, 2, 4, 8, 16, 64, 512};

  private NetworkText() {}

  public static String render(NetworkPlan plan, int trainers) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "trainers",
            "ffc: step",
            "exchange",
            "gradients",
            "sent",
            "efficiency",
            "partial-fc: step",
            "exchange",
            "sent",
            "efficiency"));
    IntStream.concat(IntStream.of(GRID), IntStream.of(trainers))
        .sorted()
        .distinct()
        .forEach(n -> rows.add(row(plan.ffc(n), plan.partialFc(n))));
    return "\npredicted for one trainer and step, its batch staying the same\n"
        + PlanText.table(rows)
        + "Nothing overlaps; the head's own work and the host's work on the group are not in it.\n";
  }

  private static List<String> row(NetworkPlan.Prediction ffc, NetworkPlan.Prediction partial) {
    return List.of(
        Integer.toString(ffc.trainers()),
        milliseconds(ffc.stepSeconds()),
        milliseconds(ffc.exchangeSeconds()),
        milliseconds(ffc.gradientSeconds()),
        ByteSize.text((long) ffc.sentBytes()),
        percent(ffc.efficiency()),
        milliseconds(partial.stepSeconds()),
        milliseconds(partial.exchangeSeconds()),
        ByteSize.text((long) partial.sentBytes()),
        percent(partial.efficiency()));
  }

  private static String milliseconds(double seconds) {
    return String.format(Locale.ROOT, "%.1f ms", seconds * 1e3);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", share * 100);
  }
}
