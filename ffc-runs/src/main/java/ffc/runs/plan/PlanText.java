package ffc.runs.plan;

import ffc.core.method.Footprint;
import ffc.core.method.MethodConfig;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Methods;
import ffc.runs.page.Table;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;

/** The text that {@code ffc plan} prints. */
public final class PlanText {
  private static final long[] GRID = {
    10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
  };

  private final Experiment experiment;
  private final MemoryPlan plan;
  private final List<MethodConfig> methods;
  private final long classes;
  private final Budget budget;

  public PlanText(Experiment experiment, MemoryPlan plan, long classes, Budget budget) {
    this.experiment = experiment;
    this.plan = plan;
    this.methods = Methods.beside(experiment.method());
    this.classes = classes;
    this.budget = budget;
  }

  public String render() {
    List<Footprint> predicted =
        methods.stream().map(method -> plan.predict(method, classes)).toList();
    Set<String> parts = new LinkedHashSet<>();
    predicted.forEach(p -> parts.addAll(p.parts().keySet()));
    List<List<String>> rows = new ArrayList<>();
    rows.add(heading("predicted bytes of one trainer"));
    for (String part : parts) {
      boolean machine = plan.onGpu() && predicted.stream().anyMatch(p -> p.host().contains(part));
      List<String> row =
          new ArrayList<>(List.of(part.replace('_', ' ') + (machine ? " (machine)" : "")));
      predicted.forEach(
          p -> row.add(p.parts().containsKey(part) ? ByteSize.text(p.parts().get(part)) : "-"));
      rows.add(row);
    }
    if (plan.onGpu()) {
      rows.add(row("on the GPU", texts(predicted, Footprint::onDevice)));
      rows.add(row("in the machine", texts(predicted, Footprint::onHost)));
    }
    rows.add(row("together", texts(predicted, Footprint::total)));
    rows.add(
        row(
            "fits into " + budget,
            predicted.stream().map(p -> budget.fits(p) ? "yes" : "no").toList()));
    rows.add(
        row(
            "most classes that fit",
            methods.stream().map(method -> most(plan.largest(method, budget))).toList()));
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s: %s of %,d values, embedding %d, %d images a step, %,d identities%n%n",
            experiment.name(),
            experiment.model().backbone(),
            plan.weights(),
            experiment.model().embedding(),
            2 * experiment.data().pairsPerBatch(),
            classes));
    text.append(new Table(rows).textToTheRight()).append("\n\n");
    text.append(new Table(grid()).textToTheRight()).append("\n\n");
    text.append(notes());
    return text.toString();
  }

  private static List<String> texts(List<Footprint> predicted, ToLongFunction<Footprint> bytes) {
    return predicted.stream().map(p -> ByteSize.text(bytes.applyAsLong(p))).toList();
  }

  private List<List<String>> grid() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(heading("identities"));
    LongStream counts = LongStream.concat(LongStream.of(GRID), LongStream.of(classes));
    for (long count : counts.sorted().distinct().toArray()) {
      rows.add(
          row(
              String.format(Locale.ROOT, "%,d", count),
              methods.stream()
                  .map(
                      method -> {
                        Footprint all = plan.predict(method, count);
                        return ByteSize.text(all.total()) + (budget.fits(all) ? "" : " !");
                      })
                  .toList()));
    }
    return rows;
  }

  private String notes() {
    StringBuilder notes = new StringBuilder("! does not fit. ");
    if (plan.onGpu()) {
      notes.append(
          "(machine): in its memory; the rest is on the GPU, which its driver and kernels");
      notes.append(" take some hundred MB of besides. ");
    }
    notes.append("Activations are an estimate; page cache of the data is not counted");
    if (experiment.run().checkpointActivations() && !plan.onGpu()) {
      notes.append("; run.checkpointActivations spares a GPU most of them, a CPU next to nothing");
    }
    for (MethodConfig method : methods) {
      long disk = plan.diskBytes(method, classes);
      if (disk > 0) {
        notes.append("; ").append(method.label()).append(" keeps ").append(ByteSize.text(disk));
        notes.append(" on disk");
      }
    }
    return notes.append(".\n").toString();
  }

  private List<String> heading(String first) {
    return row(first, methods.stream().map(MethodConfig::label).toList());
  }

  private static List<String> row(String first, List<String> others) {
    List<String> row = new ArrayList<>(List.of(first));
    row.addAll(others);
    return row;
  }

  static String most(long classes) {
    return classes == MemoryPlan.MOST_CLASSES
        ? "any number"
        : classes == 0 ? "none" : String.format(Locale.ROOT, "%,d", classes);
  }
}
