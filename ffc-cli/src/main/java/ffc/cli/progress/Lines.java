package ffc.cli.progress;

import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.eval.roc.EvalFigure;
import ffc.eval.roc.EvalResult;
import ffc.eval.roc.IdentityGroup;
import ffc.loaders.data.Counted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** The sentences that a run prints. */
public final class Lines {
  private Lines() {}

  static String report(StepReport report, long toStep, Duration left) {
    StringBuilder terms = new StringBuilder();
    report.terms().forEach((term, value) -> terms.append(format(" %s %.3f", term, value)));
    return format(
        "step %d/%d  loss %.3f (%s)  lr %.4g  %.0f images/s  data wait %.1f %%  left %s",
        report.step(),
        toStep,
        report.loss(),
        terms.toString().strip(),
        report.learningRate(),
        report.imagesPerSecond(),
        report.dataWaitShare() * 100,
        clock(left));
  }

  static String wentBack(long fromStep, long toStep) {
    return format(
        "a trainer was lost, came in or was a step behind, and no one else has its class centres:"
            + " going back from step %d to the checkpoint of step %d",
        fromStep, toStep);
  }

  /** The figures that one looks at while a run goes on. */
  static String evaluation(long step, EvalResult result) {
    return "step " + step + "  " + evaluation(result, EvalFigure::atAGlance);
  }

  static String evaluationFailed(long step, String set, String problem) {
    return "step "
        + step
        + "  "
        + set
        + ": not evaluated, the run goes on: "
        + problem
        + " (ffc eval judges a checkpoint later)";
  }

  /** All figures of a set with the flags that decide them. */
  public static String evaluation(EvalResult result) {
    return evaluation(result, figure -> true);
  }

  private static String evaluation(EvalResult result, Predicate<String> wanted) {
    List<String> figures = new ArrayList<>();
    result
        .figures()
        .forEach(
            (path, value) -> {
              if (EvalFigure.ACCURACY.owns(path) && result.accuracyStd() != null) {
                figures.add(
                    format("%s %.4f +- %.4f", EvalFigure.label(path), value, result.accuracyStd()));
              } else if (wanted.test(path) && !EvalFigure.ACCURACY_DEVIATION.owns(path)) {
                figures.add(format("%s %.4f", EvalFigure.label(path), value));
              }
            });
    return format(
        "%s: %s  (%d %s%s, %.1f s)%s",
        result.name(),
        String.join("  ", figures),
        result.images(),
        Counted.noun(result.images(), "image"),
        result.flip() ? ", flip test" : "",
        result.seconds(),
        result.notes().isEmpty() ? "" : "  " + String.join("; ", result.notes()));
  }

  /** Figures of the groups of identities that a set was judged by, a line each. */
  static List<String> strata(EvalResult result) {
    return result.groups().stream()
        .skip(1) // the whole set
        .map(group -> stratum(result.name(), group))
        .toList();
  }

  private static String stratum(String set, IdentityGroup group) {
    StringBuilder figures = new StringBuilder();
    group
        .shares()
        .forEach(
            (path, share) -> {
              figures.append(format("  %s %.4f", EvalFigure.label(path), share.value()));
              if (EvalFigure.TAR_AT_FAR.owns(path)) {
                figures.append(format(" [%.4f, %.4f]", share.low(), share.high()));
              }
            });
    return format(
        "%s, %s, %s:%s", set, group.name(), Counted.of(group.identities(), "identity"), figures);
  }

  static String summary(RunSummary summary) {
    return format(
        "%s after %d %s, %d images%s; peak memory %.0f MB%s",
        summary.finished() ? "done" : "stopped",
        summary.steps(),
        Counted.noun(summary.steps(), "step"),
        summary.images(),
        Double.isFinite(summary.imagesPerSecond())
            ? format(", %.0f images/s", summary.imagesPerSecond())
            : "",
        summary.peakRssBytes() / 1e6,
        summary.skippedSteps() > 0
            ? ", " + Counted.of(summary.skippedSteps(), "step") + " skipped"
            : "");
  }

  /** Hours only where there are some: {@code 1:02:03} or {@code 2:03}. */
  static String clock(Duration time) {
    return time.toHours() > 0
        ? format("%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart())
        : format("%d:%02d", time.toMinutes(), time.toSecondsPart());
  }

  static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
