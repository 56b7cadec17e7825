package ffc.runs.report;

import ffc.runs.page.Mark;
import ffc.runs.record.Figures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What a chart over steps tells beside its curves: evaluations, skipped steps, resumes. */
final class RunMarks {
  /** More of a kind than this could not be told apart. */
  private static final int DRAWN = 200;

  private RunMarks() {}

  static List<Mark> of(List<JsonNode> steps, List<JsonNode> evaluations, JsonNode manifest) {
    List<Mark> marks = new ArrayList<>(thinned(evaluations(evaluations)));
    marks.addAll(thinned(skipped(steps)));
    marks.addAll(resumes(manifest.path("resumed")));
    return marks;
  }

  private static List<Mark> thinned(List<Mark> marks) {
    int stride = (marks.size() + DRAWN - 1) / DRAWN;
    List<Mark> kept = new ArrayList<>();
    for (int i = 0; i < marks.size(); i += stride) {
      kept.add(marks.get(i));
    }
    return kept;
  }

  private static List<Mark> evaluations(List<JsonNode> evaluations) {
    Map<Long, String> sets = new LinkedHashMap<>();
    for (JsonNode line : evaluations) {
      sets.merge(
          line.path("step").asLong(),
          line.path("set").asString(""),
          (before, more) -> before + ", " + more);
    }
    List<Mark> marks = new ArrayList<>();
    sets.forEach(
        (step, names) ->
            marks.add(
                new Mark(Mark.Kind.evaluation, step, "step " + step + ": evaluation of " + names)));
    return marks;
  }

  /** A mark where a report tells of more skipped steps than the one before. */
  private static List<Mark> skipped(List<JsonNode> steps) {
    List<Mark> marks = new ArrayList<>();
    long before = 0;
    for (JsonNode line : steps) {
      long skipped = line.path("statistics").path(Figures.SKIPPED_STEPS).asLong(before);
      if (skipped > before) {
        marks.add(
            new Mark(
                Mark.Kind.skipped,
                line.path("step").asDouble(),
                "up to step " + line.path("step").asLong() + ": skipped " + (skipped - before)));
      }
      before = skipped;
    }
    return marks;
  }

  /** Resumes that the run as it is now has come through: from no later step than those after. */
  private static List<Mark> resumes(JsonNode resumed) {
    List<Mark> marks = new ArrayList<>();
    for (JsonNode process : resumed) {
      double step = process.path("from_step").asDouble();
      marks.removeIf(earlier -> earlier.step() > step);
      marks.add(
          new Mark(
              Mark.Kind.resumed,
              step,
              "resumed after step "
                  + process.path("from_step").asLong()
                  + ", "
                  + process.path("started").asString("")));
    }
    return marks;
  }
}
