package ffc.runs.record;

import ffc.core.train.StepReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The table of the figures that a run reports with its steps: report, comparison of runs, live page
 * and metrics take names, units, sections and order from here. Figures of a method that are not in
 * it are shown under their own names, after these.
 */
public final class Figures {
  /** Where a figure belongs. */
  public enum Section {
    TRAINING("Training"),
    GROUP("ID group"),
    MACHINE("Machine");

    private final String title;

    Section(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }

  /**
   * Figures that are drawn together over the steps.
   *
   * @param title what is drawn, with its unit
   * @param note a sentence about it; may be empty
   * @param fromZero whether the axis must include 0
   */
  public record Together(
      Section section, String title, String note, boolean fromZero, List<Figure> figures) {}

  public static final Figure LOSS = gauge("loss", "loss", "Loss of a step", "%.3f");
  public static final Figure LEARNING_RATE =
      gauge("learning_rate", "learning rate", "Learning rate of a step", "%.3g");
  public static final Figure GRADIENT_NORM =
      gauge("gradient_norm", "gradient norm", "Norm of the gradient before clipping", "%.3g");
  public static final Figure IMAGES_PER_SECOND =
      gauge("images_per_second", "images/s", "Images trained on per second", "%,.0f");
  public static final Figure DATA_WAIT =
      new Figure(
          "data_wait_share",
          "data wait",
          "Share of the time of a step spent waiting for data",
          "%.1f %%",
          100,
          false);
  public static final Figure MEMORY =
      new Figure("rss_bytes", "memory", "Resident memory", "%,.0f MB", 1e-6, false);
  public static final Figure OCCUPIED =
      gauge("group_occupied", "slots in use", "Slots of the ID group in use", "%,.0f");
  public static final Figure INSERTIONS =
      counter("group_insertions", "came in", "Images whose identity came into the ID group");

  /** Steps dropped so far because something was not finite, of a run that has dropped some. */
  public static final String SKIPPED_STEPS = "skipped_steps";

  private static final List<Together> TABLE =
      List.of(
          new Together(
              Section.TRAINING,
              "Loss",
              "of the reported steps, and its terms",
              true,
              List.of(LOSS)),
          new Together(Section.TRAINING, "Learning rate", "", true, List.of(LEARNING_RATE)),
          new Together(
              Section.TRAINING, "Gradient norm", "before clipping", true, List.of(GRADIENT_NORM)),
          new Together(
              Section.TRAINING,
              "Probe and gallery",
              "mean cosine between the two networks' embeddings of one identity",
              false,
              List.of(
                  gauge(
                      "probe_gallery_cosine",
                      "cosine",
                      "Mean cosine of probe's and gallery's embeddings of one identity",
                      "%.3f"))),
          new Together(
              Section.GROUP,
              "Samples that meet their identity in the group",
              "share of existing IDs, by loader; the rest are fresh",
              true,
              List.of(
                  gauge(
                      "existing_share_id_loader",
                      "ID loader",
                      "Share of the ID loader's samples whose identity is in the group",
                      "%.3f"),
                  gauge(
                      "existing_share_instance_loader",
                      "instance loader",
                      "Share of the instance loader's samples whose identity is in the group",
                      "%.3f"))),
          new Together(Section.GROUP, "Group fill", "slots in use", true, List.of(OCCUPIED)),
          new Together(
              Section.GROUP,
              "Replacement",
              "images per step whose identity was there (hits), came in, went out",
              true,
              List.of(
                  counter("group_hits", "hits", "Images whose identity was in the ID group"),
                  INSERTIONS,
                  counter("group_evictions", "went out", "Identities that gave way to new ones"))),
          new Together(
              Section.GROUP,
              "Slot age",
              "steps since a slot was last written",
              true,
              List.of(
                  gauge("group_age_mean", "mean", "Mean steps since a slot was written", "%,.0f"),
                  gauge(
                      "group_age_max", "largest", "Most steps since a slot was written", "%,.0f"))),
          new Together(
              Section.MACHINE, "Throughput", "images per second", true, List.of(IMAGES_PER_SECOND)),
          new Together(
              Section.MACHINE,
              "Waiting for data",
              "share of the time of a step, in percent",
              true,
              List.of(DATA_WAIT)),
          new Together(Section.MACHINE, "Memory", "resident, in MB", true, List.of(MEMORY)));

  private Figures() {}

  private static Figure gauge(String name, String label, String help, String format) {
    return new Figure(name, label, help, format, 1, false);
  }

  private static Figure counter(String name, String label, String help) {
    return new Figure(name, label, help, "%,.0f", 1, true);
  }

  /** All of them, by section, in the order of a page. */
  public static List<Together> table() {
    return TABLE;
  }

  /** The figure of a name, if the table has it. */
  public static Optional<Figure> named(String name) {
    return TABLE.stream()
        .flatMap(together -> together.figures().stream())
        .filter(figure -> figure.name().equals(name))
        .findFirst();
  }

  /** What a report says beside loss terms and statistics, by the names of the table. */
  public static Map<String, Double> values(StepReport report) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(LOSS.name(), report.loss());
    values.put(LEARNING_RATE.name(), report.learningRate());
    values.put(GRADIENT_NORM.name(), report.gradientNorm());
    values.put(IMAGES_PER_SECOND.name(), report.imagesPerSecond());
    values.put(DATA_WAIT.name(), report.dataWaitShare());
    values.put(MEMORY.name(), (double) report.rssBytes());
    return values;
  }
}
