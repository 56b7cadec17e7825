package ffc.runs.record;

import ffc.core.method.Footprint;
import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.eval.roc.EvalResult;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.ScoreHistogram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Tells an observer of a run that never took place, with figures that depend on the step only. */
public record ScriptedRun(long fromStep, long toStep, long lastStep, int every) {

  /** Plays the run; it is finished if {@code toStep} reaches {@code lastStep}. */
  public void play(RunObserver observer, Path checkpoints) {
    observer.started(fromStep, lastStep);
    EvalResult open = steps(observer, fromStep + 1, toStep, checkpoints);
    observer.finished(
        summary(toStep, toStep == lastStep, open == null ? Map.of() : Map.of("open", open)));
  }

  /** Plays the steps from … to alone; returns the last evaluation, or null. */
  public EvalResult steps(RunObserver observer, long from, long to, Path checkpoints) {
    EvalResult open = null;
    for (long step = from; step <= to; step++) {
      observer.progress(step, loss(step), 900);
      if (step % every == 0 || step == to) {
        observer.report(report(step));
      }
      if (step % (every * 5L) == 0) {
        open = evaluation(step);
        observer.evaluated(step, open);
        observer.checkpoint(step, checkpoints.resolve("step-" + step));
      }
    }
    return open;
  }

  /** Loss of a step. */
  public static double loss(long step) {
    return 4 + 20 * Math.exp(-step / 120.0) + new Random(step).nextGaussian() * 0.5;
  }

  /** Report of a step. */
  public StepReport report(long step) {
    Random random = new Random(step * 31);
    double fresh = 0.3 + 0.1 * random.nextDouble();
    Map<String, Double> terms = new LinkedHashMap<>();
    terms.put("existing", loss(step) - fresh);
    terms.put("fresh", fresh);
    Map<String, Double> statistics = new LinkedHashMap<>();
    statistics.put("existing_share_id_loader", 1.0);
    statistics.put("existing_share_instance_loader", 0.4 + random.nextDouble() * 0.1);
    statistics.put("group_occupied", (double) Math.min(200, step * 40));
    statistics.put("group_hits", step * 17.0);
    statistics.put("group_insertions", step * 77.0);
    statistics.put("group_evictions", Math.max(0, step * 77.0 - 200));
    statistics.put("group_age_mean", 1.2 + random.nextDouble() * 0.1);
    statistics.put("group_age_max", 3.0);
    statistics.put("probe_gallery_cosine", 0.9 - 0.5 * Math.exp(-step / 60.0));
    statistics.put("gallery_momentum", 0.9);
    return new StepReport(
        step,
        step * 192,
        step / 110,
        step / 31,
        loss(step),
        terms,
        0.1 * Math.min(1, step / 100.0) * (1 - step / (lastStep + 1.0)),
        3 + random.nextDouble(),
        880 + 60 * random.nextDouble(),
        0.01 * random.nextDouble(),
        statistics,
        (long) (900e6 + step * 1e4));
  }

  private static EvalResult evaluation(long step) {
    double level = 0.85 - 0.6 * Math.exp(-step / 150.0);
    Map<String, Double> tar = new LinkedHashMap<>();
    tar.put("1e-3", level);
    tar.put("1e-4", level - 0.12);
    tar.put("1e-5", level - 0.3);
    List<EvalResult.RocPoint> roc = new ArrayList<>();
    for (double e = -6; e <= 0.001; e += 0.125) {
      roc.add(new EvalResult.RocPoint(Math.pow(10, e), 1 - (1 - level) * (-e) / 3.0));
    }
    List<EvalResult.Neighbours> neighbours = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      long probe = i * 340L + 3;
      neighbours.add(
          new EvalResult.Neighbours(
              probe,
              i,
              new long[] {probe + 1, probe + 2, probe + 90, probe + 4, probe + 200},
              new long[] {i, i, i % 3 == 0 ? i : i + 7, i, i + 9},
              new float[] {0.91f, 0.88f, 0.7f, 0.66f, 0.5f}));
    }
    return new EvalResult(
        "open",
        5630,
        501,
        null,
        null,
        tar,
        Map.of("1e-3", 0.41, "1e-4", 0.47, "1e-5", 0.53),
        Map.of(1, 0.97, 5, 0.99),
        0.81,
        0.76,
        roc,
        scores(),
        List.of(0.97, 0.98, 0.985, 0.988, 0.99),
        groups(level),
        neighbours,
        false,
        1.9,
        List.of());
  }

  /** A result that no protocol gives: it has all figures. */
  public static EvalResult everyFigure(String name) {
    EvalResult open = evaluation(20);
    return new EvalResult(
        name,
        open.images(),
        open.identities(),
        0.9375,
        0.0625,
        open.tarAtFar(),
        open.thresholds(),
        open.rankN(),
        open.rPrecision(),
        open.mapAtR(),
        open.roc(),
        open.scores(),
        open.cmc(),
        open.groups(),
        open.neighbours(),
        false,
        1.5,
        List.of());
  }

  private static ScoreHistogram scores() {
    long[] genuine = new long[80];
    long[] impostor = new long[80];
    for (int bin = 0; bin < 80; bin++) {
      genuine[bin] = Math.round(1e4 * Math.exp(-Math.pow((bin - 60) / 12.0, 2)));
      impostor[bin] = Math.round(1e6 * Math.exp(-Math.pow((bin - 16) / 7.0, 2)));
    }
    return new ScoreHistogram(-0.25, 2.0 / 128, genuine, impostor);
  }

  private static List<IdentityGroup> groups(double level) {
    List<IdentityGroup> groups = new ArrayList<>();
    double better = 0.03;
    for (String name : List.of("all", "head", "middle", "tail")) {
      Map<String, IdentityGroup.Share> rates = new LinkedHashMap<>();
      rates.put("1e-3", share(level + better));
      rates.put("1e-4", share(level + better - 0.12));
      groups.add(new IdentityGroup(name, 100, rates, share(0.95 + better)));
      better -= 0.03;
    }
    return groups;
  }

  private static IdentityGroup.Share share(double value) {
    return new IdentityGroup.Share(value, value - 0.02, value + 0.015, 1000);
  }

  static RunSummary summary(long step, boolean finished, Map<String, EvalResult> eval) {
    Map<String, Long> predicted = new LinkedHashMap<>();
    predicted.put("group", 110_400L);
    predicted.put("gallery", 1_500_000L);
    predicted.put("logits", 230_000L);
    predicted.put("probe", 1_500_000L);
    predicted.put("activations", 60_000_000L);
    return new RunSummary(
        "ffc",
        step,
        step * 192,
        912.5,
        210.25,
        260.5,
        1_100_000_000L,
        900_000_000L,
        120_000_000L,
        null,
        0,
        new Footprint(predicted),
        finished,
        eval);
  }
}
