package ffc.runs.experiment;

import ffc.eval.EvaluateConfig;
import ffc.eval.Evaluator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What must hold within section {@code evaluate}, and for the figure that {@code run.best} names.
 */
public final class EvaluationRules {
  private final Experiment experiment;
  private final Rules rules;

  EvaluationRules(Experiment experiment, Rules rules) {
    this.experiment = experiment;
    this.rules = rules;
  }

  void check() {
    best();
    sets();
  }

  private void best() {
    rules.rule(
        "run.best",
        () -> experiment.run().best() == null ? null : bestMistake(experiment.run().best()),
        "evaluate",
        "run.ema");
  }

  private String bestMistake(String best) {
    String mistake = figureMistake(experiment, best);
    if (mistake != null) {
      return mistake;
    }
    String name = best.substring(0, best.indexOf('.'));
    return experiment.judged().stream()
            .filter(set -> set.resultName().equals(name))
            .allMatch(set -> set.at().isEmpty() && set.every() == null)
        ? "evaluation set " + name + " is never judged: its at is empty, and it has no every"
        : null;
  }

  /**
   * What is wrong with the name of a figure, such as {@code open.tar_at_far.1e-3}: no evaluation
   * set of the experiment has this name, or it does not yield this figure. Null if all is well.
   */
  public static String figureMistake(Experiment experiment, String path) {
    int dot = path.indexOf('.');
    String name = dot < 0 ? path : path.substring(0, dot);
    List<String> names = experiment.judged().stream().map(EvaluateConfig::resultName).toList();
    if (!names.contains(name)) {
      return "\""
          + Describe.oneLine(name)
          + "\" is no evaluation set; "
          + (names.isEmpty() ? "section evaluate is empty" : "known: " + String.join(", ", names))
          + Nearest.to(name, names).map(n -> "; did you mean " + n + "?").orElse("");
    }
    EvaluateConfig set = experiment.judged().get(names.indexOf(name));
    String figure = dot < 0 ? "" : path.substring(dot + 1);
    List<String> figures = Evaluator.figures(set.format());
    return figures.contains(figure)
        ? null
        : "got figure \""
            + Describe.oneLine(figure)
            + "\", but a set of format "
            + set.format()
            + " yields "
            + String.join(", ", figures)
            + Nearest.to(figure, figures).map(n -> "; did you mean " + n + "?").orElse("");
  }

  private void sets() {
    Map<String, Integer> first = new HashMap<>();
    List<EvaluateConfig> sets = experiment.evaluate();
    for (int i = 0; i < sets.size(); i++) {
      EvaluateConfig set = sets.get(i);
      int index = i;
      rules.rule(
          "evaluate." + i + ".name",
          () -> {
            Integer other = first.putIfAbsent(set.resultName(), index);
            return other == null
                ? null
                : "\"" + set.name() + "\" is the name of evaluate." + other + " as well";
          },
          "evaluate." + i + ".net");
      rules.rule(
          "evaluate." + i + ".net",
          () ->
              set.net() == EvaluateConfig.Net.ema && experiment.run().ema() == null
                  ? "got ema, but the run keeps no average; set run.ema, such as 0.999, or leave it"
                      + " out"
                  : null,
          "run.ema");
      rules.rule(
          "evaluate." + i + ".at",
          () ->
              set.at().stream()
                  .filter(at -> !at.equals("end") && afterTheEnd(at))
                  .findFirst()
                  .map(
                      at -> "got step " + at + ", the run ends at step " + experiment.run().steps())
                  .orElse(null),
          "run.steps");
      rules.rule(
          "evaluate." + i + ".strata",
          () ->
              set.strata() != EvaluateConfig.Strata.none && set.ofPairs()
                  ? "got " + set.strata() + ", but a set of pairs names no identities; leave it out"
                  : null,
          "evaluate." + i + ".format");
    }
  }

  private boolean afterTheEnd(String at) {
    return at.length() > 18 || Long.parseLong(at) > experiment.run().steps();
  }
}
