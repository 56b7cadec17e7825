package ffc.runs.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ffc.core.loss.MarginConfig;
import ffc.eval.Evaluator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Figures and settings of margins belong to somebody; a config that gives them to others is told.
 */
class OwnersTest {
  private static final List<String> METHODS =
      List.of(
          "type: ffc, capacity: 20",
          "type: partial-fc",
          "type: virtual-fc, columns: 20",
          "type: dcq, capacity: 20");

  /** A sound value of each setting that is not its default. */
  private static final Map<String, String> VALUES =
      Map.of(
          "margin",
          "0.3",
          "m1",
          "0.9",
          "m2",
          "0.2",
          "m3",
          "0.1",
          "t",
          "1.1",
          "h",
          "0.5",
          "tAlpha",
          "0.02",
          "angleGradient",
          "detached");

  private static List<String> problems(String yaml) {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                new ConfigLoader()
                    .parse("f.yaml", yaml.getBytes(StandardCharsets.UTF_8), List.of(), false));
    return e == null ? List.of() : e.problems().stream().map(Problem::toString).toList();
  }

  private static List<String> withMargin(String method, String margin) {
    return problems(
        ConfigLoaderTest.SOUND.replace(
            "method: {type: ffc, capacity: 20, margin: {type: arcface}}",
            "method: {" + method + ", margin: {" + margin + "}}"));
  }

  static Set<String> families() {
    return MarginConfig.families().keySet();
  }

  @ParameterizedTest
  @MethodSource("families")
  void marginFamiliesTakeTheirOwnSettingsAndNoOthers(String family) {
    for (String method : METHODS) {
      for (String setting : VALUES.keySet()) {
        List<String> found =
            withMargin(method, "type: " + family + ", " + setting + ": " + VALUES.get(setting));

        if (MarginConfig.settings(family).contains(setting)) {
          assertThat(found).as(method + " " + family + " " + setting).isEmpty();
        } else {
          assertThat(found)
              .as(method + " " + family + " " + setting)
              .singleElement()
              .asString()
              .contains("method.margin." + setting + ": margin " + family + " has no such setting")
              .contains(String.join(", ", MarginConfig.settings(family)));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type: cosface, margin: -0.1 | got -0.1, wanted at least 0",
        "margin: 28.6 | got 28.6, wanted at most 1",
        "type: cosface, margin: 1.5 | got 1.5, wanted at most 1",
        "type: sv, margin: 1.01 | got 1.01, wanted at most 1",
        "type: arcface, margin: 1.5 | no mistake",
        "type: arcface, margin: 28.6 | got 28.6, wanted at most 1.5708",
        "type: combined, m1: 0 | got 0, wanted more than 0",
        "type: combined, m2: 17 | got 17, wanted at most 1.5708",
        "type: combined, m3: -1 | got -1, wanted at least 0",
        "type: sv, t: 0.9 | got 0.9, wanted at least 1",
        "type: sv, t: 100 | got 100, wanted at most 10",
        "type: adaface, h: 1.5 | got 1.5, wanted at most 1",
        "type: adaface, tAlpha: -1 | got -1, wanted at least 0",
        "type: curricularface, tAlpha: 2 | got 2, wanted at most 1",
        "type: normface, scale: 0 | got 0, wanted more than 0",
      })
  void marginSettingsHaveRanges(String margin, String expected) {
    for (String method : METHODS) {
      List<String> found = withMargin(method, margin);

      if (expected.equals("no mistake")) {
        assertThat(found).as(method).isEmpty();
      } else {
        assertThat(found).as(method).singleElement().asString().contains(expected);
      }
    }
  }

  /** So that their runs can be resumed. */
  @ParameterizedTest
  @MethodSource("families")
  void configsThatEarlierVersionsResolvedAreTaken(String family) {
    Map<String, String> defaults =
        Map.of("margin", "0.4", "m1", "1.0", "m2", "0.3", "m3", "0.2", "t", "1.2");
    StringBuilder all = new StringBuilder("type: " + family + ", scale: 32.0");
    StringBuilder changed = new StringBuilder(all);
    for (String setting : defaults.keySet()) {
      boolean own = MarginConfig.settings(family).contains(setting);
      all.append(", ").append(setting).append(": ");
      all.append(own ? VALUES.get(setting) : defaults.get(setting));
      changed.append(", ").append(setting).append(": ").append(VALUES.get(setting));
    }

    assertThat(withMargin(METHODS.get(0), all.toString())).isEmpty();
    assertThat(withMargin(METHODS.get(0), changed.toString()))
        .hasSize(
            (int)
                defaults.keySet().stream()
                    .filter(s -> !MarginConfig.settings(family).contains(s))
                    .count());
  }

  @ParameterizedTest
  @MethodSource("ffc.eval.EvaluateConfig#formats")
  void theBestCheckpointGoesByFiguresThatTheSetYields(String format) {
    List<String> all = new ArrayList<>(Evaluator.figures("bin"));
    all.addAll(Evaluator.figures("recordio"));
    all.addAll(List.of("accuracy_std", "rank2", "rank0", "tar_at_far.1e-2", "tar_at_far", ""));
    for (String figure : all) {
      List<String> found = best(format, "open." + figure, "at: [end]");

      if (Evaluator.figures(format).contains(figure)) {
        assertThat(found).as(figure).isEmpty();
      } else {
        assertThat(found)
            .as(figure)
            .singleElement()
            .asString()
            .contains("run.best: got figure \"" + figure + "\", but a set of format " + format)
            .contains(String.join(", ", Evaluator.figures(format)));
      }
    }
  }

  @Test
  void theBestCheckpointGoesByASetThatIsJudged() {
    String format = "bin";
    String best = "open.accuracy_mean";

    assertThat(best(format, best, "at: []"))
        .singleElement()
        .asString()
        .contains("run.best: evaluation set open is never judged");
    assertThat(best(format, best, "at: [], every: 50")).isEmpty();
    assertThat(best(format, "open@gallery.accuracy_mean", "net: gallery")).isEmpty();
    assertThat(best(format, "open@ema.accuracy_mean", "net: probe"))
        .singleElement()
        .asString()
        .contains("\"open@ema\" is no evaluation set; known: open");
    assertThat(best(format, "open.accuracy_mean", "net: gallery"))
        .singleElement()
        .asString()
        .contains("\"open\" is no evaluation set; known: open@gallery");
  }

  private static List<String> best(String format, String best, String when) {
    return problems(
        ConfigLoaderTest.SOUND
            .replace("format: recordio, path: open.rec", "format: " + format + ", path: x")
            .replace("at: [50, end]", when)
            .replace("{steps: 100}", "{steps: 100, best: " + best + "}"));
  }
}
