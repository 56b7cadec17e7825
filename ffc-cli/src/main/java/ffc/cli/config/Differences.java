package ffc.cli.config;

import ffc.core.OptimizerConfig.Course;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What keeps a run from being resumed under another config: settings that decide the sequence of
 * losses. Paths, reports, evaluations, threads and the length of the run may change.
 */
public final class Differences {
  private static final List<String> FREE =
      List.of(
          "name",
          "data.train", // the checkpoint knows the data by their fingerprint
          "data.workers",
          "data.prefetch",
          "data.cacheBytes",
          "data.corruptBudget",
          "model.initFrom", // only counts before the first step
          "run.steps",
          "run.reportEvery",
          "run.checkpointEvery",
          "run.keepCheckpoints",
          "run.best",
          "run.devices",
          "run.threads",
          "run.onNonFinite",
          "run.profile",
          "run.metricsPort",
          "evaluate",
          "cluster"); // checkpoints do not depend on the trainers

  private Differences() {}

  /** One line for each difference that matters; empty if the run can go on under {@code now}. */
  public static List<String> that(Experiment run, Experiment now) {
    Map<String, String> old = settings(run);
    Map<String, String> wanted = settings(now);
    TreeSet<String> all = new TreeSet<>(old.keySet());
    all.addAll(wanted.keySet());
    List<String> lines = new ArrayList<>();
    for (String path : all) {
      String before = old.getOrDefault(path, "absent");
      String after = wanted.getOrDefault(path, "absent");
      if (!before.equals(after)) {
        lines.add(path + ": the run has " + before + ", the config says " + after);
      }
    }
    return lines;
  }

  /** The settings that decide the sequence of losses, by path. */
  public static Map<String, String> decisive(Experiment experiment) {
    return new TreeMap<>(settings(experiment));
  }

  private static Map<String, String> settings(Experiment experiment) {
    Map<String, String> settings = ConfigWriter.flat(experiment);
    settings.keySet().removeIf(Differences::free);
    Course course = experiment.optimizer().schedule().type();
    if (course != Course.constant && course != Course.multistep) {
      // The other courses stretch over the run unless they have a length of their own.
      settings.putIfAbsent("optimizer.schedule.steps", experiment.run().steps().toString());
    }
    return settings;
  }

  private static boolean free(String path) {
    return FREE.stream().anyMatch(free -> path.equals(free) || path.startsWith(free + "."));
  }
}
