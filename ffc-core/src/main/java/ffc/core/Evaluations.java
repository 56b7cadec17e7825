package ffc.core;

import ffc.core.eval.EvalResult;
import ffc.core.eval.Evaluator;
import ffc.loaders.Dataset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The evaluation sets of a run: which are due at a step, and their latest results. */
final class Evaluations implements AutoCloseable {
  private final List<EvaluateConfig> sets;
  private final Encoder probe;
  private final Method method;
  private final Evaluator evaluator;
  private final Map<String, EvalResult> latest = new LinkedHashMap<>();

  Evaluations(List<EvaluateConfig> sets, Encoder probe, Method method, Dataset training) {
    this.evaluator = new Evaluator(training);
    this.sets = sets;
    this.probe = probe;
    this.method = method;
    for (EvaluateConfig set : sets) {
      if (set.net() == EvaluateConfig.Net.gallery && method.gallery() == null) {
        throw new IllegalArgumentException(
            "evaluate: "
                + set.name()
                + " asks for the gallery, which this method does not have; use net: probe");
      }
    }
  }

  /** Whether a set is to be judged after a step. */
  boolean isDue(long step, boolean end) {
    return sets.stream().anyMatch(set -> isDue(set, step, end));
  }

  private static boolean isDue(EvaluateConfig set, long step, boolean end) {
    return end && set.at().contains("end")
        || set.at().contains(Long.toString(step))
        || set.every() != null && step % set.every() == 0;
  }

  /** Runs what is due after a step. */
  List<EvalResult> due(long step, boolean end) {
    List<EvalResult> results = new ArrayList<>();
    for (EvaluateConfig set : sets) {
      if (isDue(set, step, end)) {
        Encoder net = set.net() == EvaluateConfig.Net.gallery ? method.gallery() : probe;
        EvalResult result = evaluator.evaluate(set, new EncoderEmbedder(net));
        latest.put(result.name(), result);
        results.add(result);
      }
    }
    return results;
  }

  /** The latest result of each set. */
  Map<String, EvalResult> latest() {
    return latest;
  }

  @Override
  public void close() {
    evaluator.close();
  }
}
