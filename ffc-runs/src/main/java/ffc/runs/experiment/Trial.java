package ffc.runs.experiment;

import ffc.eval.Evaluator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The first steps of a training, to try a command: environment variable {@code FFC_TRY=N} ends
 * every experiment after N steps. The schedule of the learning rate keeps the length that it has in
 * the whole run, so that the N steps are those with which the run would begin; evaluations that are
 * due later are left out, those at the end take place after step N, on up to {@value #IMAGES}
 * images of each set; {@code run.best} is left out where they cannot yield its figure. Nothing else
 * changes.
 *
 * @param steps N, at least 1
 */
public record Trial(long steps) {
  private static final String VARIABLE = "FFC_TRY";
  private static final int IMAGES = 500;

  /**
   * What the environment asks for.
   *
   * @throws IllegalArgumentException if the variable is neither empty nor a number of steps
   */
  public static Optional<Trial> fromEnvironment() {
    String text = System.getenv(VARIABLE);
    if (text == null || text.isBlank()) {
      return Optional.empty();
    }
    if (!text.strip().matches("0*[1-9][0-9]{0,8}")) {
      throw new IllegalArgumentException(
          VARIABLE
              + "="
              + Describe.oneLine(text)
              + ": wanted a number of steps from 1 on, such as FFC_TRY=3; unset it to train in full");
    }
    return Optional.of(new Trial(Long.parseLong(text.strip())));
  }

  /**
   * The settings to override, as {@code --set} takes them.
   *
   * @param experiment tree of an experiment, overrides of the command line included
   * @return empty if the run is no longer than the trial
   */
  List<String> overrides(ObjectNode experiment) {
    JsonNode length = experiment.path("run").path("steps");
    if (!length.isIntegralNumber() || !length.canConvertToLong() || length.longValue() <= steps) {
      return List.of();
    }
    List<String> overrides = new ArrayList<>(List.of("run.steps=" + steps));
    JsonNode schedule = experiment.path("optimizer").path("schedule");
    boolean stretches = !schedule.path("type").asString("constant").equals("constant");
    if (stretches && !schedule.has("steps")) {
      overrides.add("optimizer.schedule.steps=" + length.longValue());
    }
    String best = experiment.path("run").path("best").asString("");
    JsonNode sets = experiment.path("evaluate");
    for (int i = 0; i < sets.size(); i++) {
      boolean judged = true;
      if (sets.get(i).path("at") instanceof ArrayNode at) {
        List<String> kept = new ArrayList<>();
        at.forEach(
            when -> {
              if (!when.isIntegralNumber() || when.asLong() <= steps) {
                kept.add(when.asString());
              }
            });
        if (kept.size() < at.size()) {
          overrides.add("evaluate." + i + ".at=[" + String.join(", ", kept) + "]");
          judged = !kept.isEmpty() || sets.get(i).has("every");
        }
      }
      JsonNode images = sets.get(i).path("images");
      if (!images.isIntegralNumber() || images.asLong() > IMAGES) {
        overrides.add("evaluate." + i + ".images=" + IMAGES);
      }
      if (isOf(best, sets.get(i)) && !(judged && resolved(best))) {
        overrides.add("run.best=null");
      }
    }
    return overrides;
  }

  /** Whether a figure is one of a set. */
  private static boolean isOf(String figure, JsonNode set) {
    String name = set.path("name").asString("");
    String net = set.path("net").asString("probe");
    return net.equals("probe")
        ? figure.startsWith(name + ".") || figure.startsWith(name + "@ema.") // run.ema
        : figure.startsWith(name + "@" + net + ".");
  }

  /** Whether the pairs of a part resolve a figure, as far as they are of two identities. */
  private static boolean resolved(String figure) {
    long pairs = IMAGES * (IMAGES - 1L) / 2;
    return Evaluator.impostorsFor(figure.substring(figure.indexOf('.') + 1)) <= pairs / 2 + 1000;
  }

  /** Cuts an experiment down and tells of it in one line. */
  void apply(ConfigTree tree, Overrides sets, Consumer<String> say) {
    List<String> overrides = overrides(tree.root());
    if (!overrides.isEmpty()) {
      overrides.forEach(sets::apply);
      say.accept(this + " takes the first steps only: " + String.join(" ", overrides));
    }
  }

  /** The variable as it is set. */
  @Override
  public String toString() {
    return VARIABLE + "=" + steps;
  }
}
