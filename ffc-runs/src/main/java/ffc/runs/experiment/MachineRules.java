package ffc.runs.experiment;

import ffc.core.method.RunConfig;
import ffc.exchange.Sums;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What this machine must have: the files that an experiment names, and the device. */
final class MachineRules {
  private static final List<Path> GPU_NODES =
      List.of(Path.of("/dev/nvidiactl"), Path.of("/dev/dxg"));

  private final Experiment experiment;
  private final Rules rules;

  MachineRules(Experiment experiment, Rules rules) {
    this.experiment = experiment;
    this.rules = rules;
  }

  void check() {
    rules.rule(
        "data.train.path",
        () -> {
          try {
            DataConfig.Source train = experiment.data().train();
            return DataFormats.files(train).stream()
                .filter(path -> !Files.exists(path))
                .findFirst()
                .map(path -> missing(path.toString()))
                .or(() -> DataFormats.otherFormat(train).map(other -> otherFormat(train, other)))
                .orElse(null);
          } catch (BadDataException e) {
            return e.getMessage(); // one line, with the way out at its end
          }
        },
        "data.train.format");
    rules.rule(
        "data.cacheBytes",
        () -> {
          long heap = Runtime.getRuntime().maxMemory();
          return experiment.data().cacheBytes() <= heap / 2
              ? null
              : "got %d, wanted at most half of the Java heap, which is %d here; give it more by FFC_JAVA_OPTS=-Xmx..."
                  .formatted(experiment.data().cacheBytes(), heap / 2);
        });
    rules.rule(
        "model.initFrom",
        () ->
            experiment.model().initFrom() == null ? null : missing(experiment.model().initFrom()));
    for (int i = 0; i < experiment.evaluate().size(); i++) {
      String path = experiment.evaluate().get(i).path();
      rules.rule("evaluate." + i + ".path", () -> missing(path));
    }
    rules.rule("cluster.sums", this::sums);
    rules.rule(
        "run.device",
        () ->
            experiment.run().device() == RunConfig.Device.gpu
                    && GPU_NODES.stream().noneMatch(Files::exists)
                ? "got gpu, but this machine has no NVIDIA device; wanted auto or cpu"
                : null);
  }

  /** Each trainer is another process, with an environment of its own. */
  private String sums() {
    return experiment.cluster() != null
            && experiment.cluster().sums() == Sums.torch
            && System.getenv("PYTORCH_LIBRARY_PATH") == null
        ? "got torch, but this trainer runs with the natives from Maven, which have no collectives;"
            + " set FFC_TORCH (docs/gpu.md), on all machines, or use auto or cluster"
        : null;
  }

  private static String otherFormat(DataConfig.Source set, DataFormat other) {
    return "%s is a folder, which data.train.format %s does not take; wanted data.train.format=%s, or another path"
        .formatted(set.text(), set.format(), other.name());
  }

  private static String missing(String path) {
    try {
      if (path.isBlank() || !Files.exists(DataFormats.path(path.strip()))) {
        return "no such file or folder: "
            + (path.isBlank() ? "(empty)" : path.strip())
            + " (paths are relative to the working directory)";
      }
    } catch (BadDataException e) {
      return e.getMessage();
    }
    return null;
  }
}
