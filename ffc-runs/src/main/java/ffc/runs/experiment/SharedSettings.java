package ffc.runs.experiment;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The settings that all trainers of a run must have in common: those that decide what they compute,
 * and those that decide at which steps they wait for each other. Places, ports, threads and what a
 * trainer writes for itself may differ.
 */
public final class SharedSettings {
  private static final List<String> OWN =
      List.of(
          "name",
          "data.train", // its fingerprint counts
          "data.workers",
          "data.prefetch",
          "data.cacheBytes",
          "data.corruptBudget",
          "model.initFrom", // the first trainer's weights are everybody's
          "run.reportEvery",
          "run.keepCheckpoints",
          "run.device",
          "run.devices",
          "run.threads",
          "run.profile",
          "run.metricsPort",
          "cluster.rank",
          "cluster.devices",
          "cluster.members",
          "cluster.port",
          "cluster.interface",
          "cluster.name",
          "cluster.secret",
          "cluster.backups",
          "cluster.deadlineSeconds",
          "cluster.waitSeconds",
          "cluster.heartbeatSeconds");

  private SharedSettings() {}

  /** Values by path; never the secret. */
  public static SortedMap<String, String> of(Experiment experiment) {
    SortedMap<String, String> settings = new TreeMap<>(ConfigWriter.flat(experiment));
    settings.keySet().removeIf(SharedSettings::isOwn);
    return settings;
  }

  private static boolean isOwn(String path) {
    return path.matches("evaluate\\.[0-9]+\\.path")
        || OWN.stream().anyMatch(own -> path.equals(own) || path.startsWith(own + "."));
  }
}
