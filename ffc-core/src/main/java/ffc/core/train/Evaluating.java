package ffc.core.train;

import ffc.core.net.Encoder;
import ffc.core.net.EncoderEmbedder;
import ffc.engine.NativeMemory;
import ffc.eval.EvaluateConfig;
import ffc.eval.Evaluator;
import ffc.eval.roc.EvalResult;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The evaluation sets of a run: which are due at a step, their latest results, and the best value
 * of the figure that {@code run.best} names. A set that fails is reported and left out: it never
 * ends the training that it judges.
 */
final class Evaluating implements AutoCloseable {
  private static final long NONE = -1;

  private final ImageShape shape;
  private final List<EvaluateConfig> sets;
  private final String bestFigure;
  private final Map<EvaluateConfig.Net, Encoder> networks;
  private final RunObserver observer;
  private final Evaluator evaluator;
  private final Map<String, EvalResult> latest = new LinkedHashMap<>();

  /** The last step that this trainer has judged, and what came out. */
  private long judged = NONE;

  private List<EvalResult> results = List.of();
  private boolean failed;

  /**
   * @param bestFigure {@code run.best}, or null
   * @param networks those that the run has
   * @param training for strata; stays the caller's
   * @param workers decoding threads, at least 1
   */
  Evaluating(
      List<EvaluateConfig> sets,
      String bestFigure,
      Map<EvaluateConfig.Net, Encoder> networks,
      Dataset training,
      ImageShape shape,
      int workers,
      RunObserver observer) {
    this.evaluator = new Evaluator(training, workers);
    this.shape = shape;
    this.sets = sets;
    this.bestFigure = bestFigure;
    this.networks = networks;
    this.observer = observer;
    for (EvaluateConfig set : sets) {
      if (!networks.containsKey(set.net())) {
        throw new IllegalArgumentException(
            "evaluate: "
                + set.name()
                + " asks for the "
                + set.net()
                + ", which this "
                + (set.net() == EvaluateConfig.Net.ema ? "run" : "method")
                + " does not have; use net: probe");
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

  /**
   * Judges what is due after a step, unless it has been, and tells the observer.
   *
   * @param best value so far, NaN if there is none
   * @return the best value with this step's
   */
  double judge(long step, boolean end, double best) {
    if (judged != step) {
      results = new ArrayList<>();
      failed = false;
      for (EvaluateConfig set : sets) {
        if (isDue(set, step, end)) {
          judge(step, set);
        }
      }
      judged = step;
    }
    return best(best);
  }

  private void judge(long step, EvaluateConfig set) {
    EvalResult result;
    try {
      result = evaluator.evaluate(set, new EncoderEmbedder(networks.get(set.net()), shape));
    } catch (OutOfMemoryError e) {
      fail(
          step, set, "out of memory (" + e.getMessage() + "); a larger heap: FFC_JAVA_OPTS=-Xmx8g");
      return;
    } catch (RuntimeException | InternalError e) { // an internal error: a mapped file was cut
      String message = e.getMessage() == null ? e.toString() : e.getMessage();
      fail(
          step,
          set,
          NativeMemory.shortage(e).orElseGet(() -> message.replaceAll("\\s*\\R\\s*", " ")));
      return;
    }
    latest.put(result.name(), result);
    results.add(result);
    observer.evaluated(step, result);
  }

  private void fail(long step, EvaluateConfig set, String problem) {
    failed = true;
    observer.evaluationFailed(step, set.resultName(), problem);
  }

  private double best(double before) {
    double value = before;
    for (EvalResult result : results) {
      if (bestFigure != null && bestFigure.startsWith(result.name() + ".")) {
        Double figure = result.metric(bestFigure.substring(result.name().length() + 1));
        value = figure == null || figure.isNaN() || figure <= value ? value : figure;
      }
    }
    return value;
  }

  /** Whether a set of the last step judged could not be. */
  boolean failed() {
    return failed;
  }

  /** Forgets which step was judged last: the networks are others now. */
  void forget() {
    judged = NONE;
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
