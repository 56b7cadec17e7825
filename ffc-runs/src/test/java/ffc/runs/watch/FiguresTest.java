package ffc.runs.watch;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.train.StepReport;
import ffc.eval.roc.EvalFigure;
import ffc.eval.roc.EvalResult;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Figure;
import ffc.runs.record.Figures;
import ffc.runs.record.Json;
import ffc.runs.record.RunJson;
import ffc.runs.record.ScriptedRun;
import ffc.runs.report.RunCharts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * One table of figures: whatever is in it is recorded, drawn and served, and stands nowhere else.
 */
class FiguresTest {
  private static final Set<String> NO_FIGURES =
      Set.of("step", "images", "seconds", "epoch", "id_epoch", "terms", "statistics");

  @TempDir Path temp;

  @Test
  void theTableHasWhatAReportHolds() {
    JsonNode line = RunJson.step(new ScriptedRun(0, 20, 40, 20).report(20), 1);
    Set<String> recorded = new TreeSet<>(line.propertyNames());
    recorded.removeAll(NO_FIGURES);
    assertThat(recorded).allSatisfy(name -> assertThat(Figures.named(name)).isPresent());
    assertThat(recorded)
        .isEqualTo(
            new TreeSet<>(Figures.values(new ScriptedRun(0, 20, 40, 20).report(20)).keySet()));
  }

  @Test
  void everyFigureOfTheTableIsDrawnAndServed() throws IOException {
    Map<String, Double> statistics = new HashMap<>();
    List<Figure> table = Figures.table().stream().flatMap(t -> t.figures().stream()).toList();
    table.forEach(figure -> statistics.put(figure.name(), 3.0));
    StepReport first = new ScriptedRun(0, 20, 40, 20).report(20);
    Figures.values(first).keySet().forEach(statistics::remove);
    List<JsonNode> lines =
        Stream.of(20L, 40L)
            .map(step -> (JsonNode) RunJson.step(at(step, first, statistics), step))
            .toList();

    String charts = new RunCharts(lines, List.of(), Json.object()).overSteps();
    assertThat(Figures.table())
        .allSatisfy(together -> assertThat(charts).contains("<h3>" + together.title() + "</h3>"));
    assertThat(charts).doesNotContain("Other figures");

    LiveRun live = new LiveRun("a", "ffc", temp, Clock.systemUTC());
    live.started(0, 40);
    live.report(at(20, first, statistics));
    live.progress(20, 1, 2);
    String metrics = live.metrics();
    for (Figure figure : table) {
      String name =
          figure == Figures.MEMORY
              ? "process_resident_memory_bytes" // as every exporter calls it
              : "ffc_" + figure.name() + (figure.counts() ? "_total" : "");
      assertThat(metrics).contains("# HELP " + name + " " + figure.help(), "\n" + name + " ");
    }
  }

  @Test
  void everyFigureOfAnEvaluationIsRecordedDrawnAndServed() throws IOException {
    EvalResult result = ScriptedRun.everyFigure("lfw");
    Set<EvalFigure> known = EnumSet.allOf(EvalFigure.class);
    // Of ffc eval, which judges no run.
    known.removeAll(EnumSet.of(EvalFigure.TPIR_AT_FPIR, EvalFigure.FNIR_AT_FPIR));
    assertThat(result.figures().keySet())
        .extracting(path -> EvalFigure.of(path).orElseThrow())
        .containsAll(known);

    JsonNode first = RunJson.evaluation(20, result);
    assertThat(EvaluationJson.figures(first.path("figures"))).isEqualTo(result.figures());
    String page =
        new RunCharts(List.of(), List.of(first, RunJson.evaluation(40, result)), Json.object())
            .accuracy();
    LiveRun live = new LiveRun("a", "ffc", temp, Clock.systemUTC());
    live.started(0, 40);
    live.evaluated(20, result);
    String metrics = live.metrics();
    result
        .figures()
        .forEach(
            (path, value) -> {
              assertThat(page).contains(">" + EvalFigure.label(path) + "<");
              assertThat(metrics)
                  .contains("{set=\"lfw\",figure=\"" + EvalFigure.tag(path) + "\"} " + value);
            });
  }

  @Test
  void noPathOrLabelOfAnEvaluationStandsInAnotherFile() throws IOException {
    // Texts for people may speak of a figure; what makes a path or a label of it may not.
    Pattern names =
        Pattern.compile(
            Stream.of(EvalFigure.values())
                .filter(figure -> figure != EvalFigure.ACCURACY && figure != EvalFigure.RANK)
                .flatMap(
                    figure -> {
                      String label = EvalFigure.label(figure.at("1")).replaceAll("=1$", "=");
                      return Stream.of(
                          "\"" + Pattern.quote(figure.path()),
                          "\"[^\"]*"
                              + Pattern.quote(label)
                              + (label.endsWith("=") ? "" : "( ?%|\")"));
                    })
                .reduce("\"rank\" *\\+|rank-%|\"accuracy(\"|_)", (a, b) -> a + "|" + b));
    for (String module : List.of("ffc-eval", "ffc-core", "ffc-runs", "ffc-cli")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          boolean table = file.endsWith("EvalFigure.java");
          for (String line : table ? List.<String>of() : Files.readAllLines(file)) {
            Matcher found = names.matcher(line);
            assertThat(found.find() ? line + " in " + file : "").isEmpty();
          }
        }
      }
    }
  }

  private static StepReport at(long step, StepReport like, Map<String, Double> statistics) {
    return new StepReport(
        step,
        step * 192,
        1,
        1,
        like.loss(),
        like.terms(),
        like.learningRate(),
        like.gradientNorm(),
        like.imagesPerSecond(),
        like.dataWaitShare(),
        statistics,
        like.rssBytes());
  }

  /** A list of names elsewhere would drift from the table. */
  @Test
  void noNameOfTheTableStandsInAnotherFile() throws IOException {
    Pattern names =
        Pattern.compile(
            Figures.table().stream()
                .flatMap(together -> together.figures().stream())
                .map(Figure::name)
                .filter(name -> name.startsWith("group_") || name.contains("_share"))
                .map(name -> "\"" + name + "\"")
                .reduce((a, b) -> a + "|" + b)
                .orElseThrow());
    try (Stream<Path> files = Files.walk(Path.of("src/main"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.endsWith("Figures.java")) {
          Matcher found = names.matcher(Files.readString(file));
          assertThat(found.find() ? found.group() + " in " + file : "").isEmpty();
        }
      }
    }
  }
}
