package ffc.runs.experiment;

import ffc.core.optim.OptimizerConfig.Course;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What keeps a run from being resumed under another config: settings that decide the losses so far.
 * Paths, reports, evaluations and what to do about bad images may change; so may the number of
 * threads, which moves losses by rounding, and the length of the run where the schedule does not
 * stretch over it.
 */
public final class Differences {
  private static final String LENGTH = "optimizer.schedule.steps";

  private static final List<String> FREE =
      List.of(
          "name",
          "data.train", // the checkpoint knows the data by their fingerprint
          "data.workers",
          "data.prefetch",
          "data.cacheBytes",
          "data.onCorrupt", // a run under fail has left nothing out
          "data.corruptBudget",
          "model.initFrom", // only counts before the first step
          "method.warmFill", // only counts before the first step
          "method.storage",
          "method.folder",
          "run.steps",
          "run.reportEvery",
          "run.checkpointEvery",
          "run.keepCheckpoints",
          "run.best",
          "run.ema", // nothing is trained by it
          "run.devices",
          "run.threads",
          "run.checkpointActivations", // the same bits
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
      if (!before.equals(after) && path.equals(LENGTH) && stretches(run) && stretches(now)) {
        lines.add(longer(run, before, after));
      } else if (!before.equals(after)) {
        lines.add(path + ": the run has " + before + ", the config says " + after);
      }
    }
    return lines;
  }

  private static String longer(Experiment run, String before, String after) {
    return "run.steps: the run has "
        + before
        + ", the config says "
        + after
        + ", and the "
        + run.optimizer().schedule().type()
        + " schedule stretches over run.steps, so the steps made would have had other rates; to go"
        + " on at its final rate of "
        + run.optimizer().schedule().finalRate()
        + " add --set "
        + LENGTH
        + "="
        + before
        + ", to train on at other rates begin a new run from the weights, model.initFrom";
  }

  /** Whether the schedule has no length of its own. */
  private static boolean stretches(Experiment experiment) {
    return experiment.optimizer().schedule().steps() == null;
  }

  /** The settings that decide the sequence of losses, by path. */
  public static Map<String, String> decisive(Experiment experiment) {
    return new TreeMap<>(settings(experiment));
  }

  private static Map<String, String> settings(Experiment experiment) {
    Map<String, String> settings = ConfigWriter.flat(experiment);
    settings.keySet().removeIf(Differences::free);
    ForeignSettings.of(experiment).forEach(setting -> settings.remove(setting.path()));
    Course course = experiment.optimizer().schedule().type();
    if (course == Course.multistep) {
      settings.remove(LENGTH); // it bounds the milestones, and decides nothing
    } else if (course != Course.constant) {
      // The other courses stretch over the run unless they have a length of their own.
      settings.putIfAbsent(LENGTH, experiment.run().steps().toString());
    }
    return settings;
  }

  private static boolean free(String path) {
    return FREE.stream().anyMatch(free -> path.equals(free) || path.startsWith(free + "."));
  }
}
