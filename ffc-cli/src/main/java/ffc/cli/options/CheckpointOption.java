package ffc.cli.options;

import ffc.core.checkpoint.Checkpoints;
import ffc.core.net.ModelConfig;
import ffc.core.train.TrainedEncoder;
import ffc.eval.EvaluateConfig;
import ffc.loaders.data.Counted;
import ffc.loaders.data.ImageShape;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The options that choose a trained network. */
public final class CheckpointOption {
  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      required = true,
      description = "A run directory (its newest checkpoint) or one of its checkpoints")
  private Path given;

  @Option(
      names = "--net",
      paramLabel = "NET",
      defaultValue = "probe",
      description =
          "probe, gallery, or ema, the average that run.ema keeps (default: ${DEFAULT-VALUE})")
  private EvaluateConfig.Net net;

  @Option(
      names = "--average",
      paramLabel = "N",
      description =
          "The mean of the last N checkpoints of the run, weights and running statistics alike"
              + " (default: the newest checkpoint)")
  private Integer average;

  /** Which network of the checkpoint. */
  public EvaluateConfig.Net net() {
    return net;
  }

  /** How many checkpoints the network is the mean of. */
  public int averaged() {
    return average == null ? 1 : average;
  }

  /**
   * The folders of the checkpoints that the network is the mean of, the newest last.
   *
   * @throws IllegalArgumentException if there are fewer than wanted
   */
  public List<Path> folders() throws IOException {
    if (average == null) {
      return List.of(folder());
    }
    Wanted.atLeast("--average", average, 2);
    Path run = run();
    if (!run.equals(given)) {
      throw new IllegalArgumentException(
          "--average takes the last checkpoints of a run, got the checkpoint "
              + given
              + "; wanted --checkpoint "
              + run);
    }
    List<Path> all = new Checkpoints(run.resolve("checkpoints"), 1).list();
    if (all.size() < average) {
      throw new IllegalArgumentException(
          "--average: got %d, but %s has %s (run.keepCheckpoints: %d)"
              .formatted(
                  average,
                  run,
                  Counted.of(all.size(), "checkpoint"),
                  RunDirectory.config(run).run().keepCheckpoints()));
    }
    return all.subList(all.size() - average, all.size());
  }

  /** Names of the folders, as files note them. */
  public String names() throws IOException {
    return folders().stream()
        .map(folder -> folder.getFileName().toString())
        .collect(Collectors.joining(" "));
  }

  /** The network as results name it: its checkpoint, and which of its networks but the probe. */
  public String told() throws IOException {
    return folder()
        + (net == EvaluateConfig.Net.probe ? "" : ", " + net)
        + (average == null ? "" : ", mean of the last " + average);
  }

  /** The newest checkpoint's folder. */
  public Path folder() throws IOException {
    Path run = run();
    if (!run.equals(given)) {
      return given;
    }
    return new Checkpoints(run.resolve("checkpoints"), 1)
        .latest()
        .orElseThrow(() -> new IllegalArgumentException(run + ": " + without(run)));
  }

  private static String without(Path run) {
    Path cell = run.resolveSibling(run.getFileName() + ".yaml");
    return Files.exists(cell)
        ? "a comparison keeps no checkpoints of its finished cells; ./ffc train "
            + cell
            + " --out DIR trains this one again"
        : "the run has no checkpoint yet";
  }

  /** The run that it is of. */
  public Path run() {
    if (!Files.isDirectory(given)) {
      throw new IllegalArgumentException(
          given
              + (Files.exists(given)
                  ? ": is a file, wanted a run's folder or one of its checkpoints; files of weights"
                      + " are for model.initFrom and ./ffc import"
                  : ": no such folder"));
    }
    Path run = RunTarget.runOf(given);
    if (!RunDirectory.isRun(run)) {
      throw new IllegalArgumentException(
          given
              + " is no run (it has no config.resolved.yaml) and no checkpoint of one; ./ffc runs"
              + " lists those in runs");
    }
    return run;
  }

  /** Structure of the network, from the run's own configuration. */
  public ModelConfig model() throws IOException {
    return RunDirectory.config(run()).model();
  }

  /** Shape of the images that it takes, and what happens to those of another size. */
  public ImageShape shape() throws IOException {
    return RunDirectory.config(run()).shape();
  }

  /** The trained network, on the CPU. */
  public TrainedEncoder open() throws IOException {
    return open("cpu");
  }

  /** The trained network. */
  public TrainedEncoder open(DeviceOption device) throws IOException {
    return open(device.given());
  }

  private TrainedEncoder open(String device) throws IOException {
    return TrainedEncoder.open(folders(), model(), shape().resize(), net, device);
  }
}
