package ffc.runs.train;

import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.method.RunConfig;
import ffc.core.method.TrainingDevice;
import ffc.core.net.layout.WeightLayout;
import ffc.core.train.Observers;
import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.Trainer;
import ffc.engine.Closer;
import ffc.engine.Gpus;
import ffc.engine.TensorEngine;
import ffc.eval.EvaluateConfig;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.exchange.ThreadExchange;
import ffc.exchange.hazelcast.HazelcastExchange;
import ffc.exchange.hazelcast.RunIdentity;
import ffc.formats.WeightFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.Counted;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.format.DataFormats;
import ffc.loaders.image.ImageDecoder;
import ffc.runs.experiment.DatasetRules;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Methods;
import ffc.runs.experiment.SharedSettings;
import ffc.runs.record.Build;
import ffc.runs.record.FileFingerprint;
import ffc.runs.record.Manifest;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunRecorder;
import ffc.runs.record.RunTarget;
import ffc.runs.report.DatasetPictures;
import ffc.runs.report.RunFiles;
import ffc.runs.report.RunReport;
import ffc.runs.watch.LiveRun;
import ffc.runs.watch.WatchServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One training from opened data to written report. */
final class TrainingRun {
  private final Experiment experiment;
  private final RunTarget target;
  private final RunDirectory directory;
  private final Caller caller;

  /**
   * Whoever wants a training.
   *
   * @param say told in lines what a person should know
   * @param observers told of the run after its records are written; stay the caller's
   * @param stop asked after every step whether to end with a checkpoint
   * @param commandLine for the manifest
   * @param trial whether the experiment was cut down to its first steps
   */
  record Caller(
      Consumer<String> say,
      List<RunObserver> observers,
      BooleanSupplier stop,
      String commandLine,
      boolean trial) {}

  /**
   * @param target closed at the end of the run
   */
  TrainingRun(Experiment experiment, RunTarget target, Caller caller) {
    this.experiment = experiment;
    this.target = target;
    this.directory = target.directory();
    this.caller = caller;
  }

  /**
   * Trains.
   *
   * @throws IllegalArgumentException if nothing was trained because of the experiment or its data;
   *     what was made for the run is gone
   * @throws RunFailure if the run failed
   * @throws CancellationException if it was to stop while it waited for other trainers
   */
  TrainingResult run() throws IOException {
    LiveRun live = liveRun();
    try (Dataset dataset = DataSets.open(experiment.data());
        WatchServer watch = live == null ? null : openWatch(live)) {
      say(describe(dataset));
      DatasetRules.check(experiment, dataset, caller.trial())
          .forEach(line -> say("warning: " + line));
      weightsRemark().ifPresent(line -> say("warning: " + line));
      if (!caller.trial()) {
        experiment.frozenToTheEnd().ifPresent(line -> say("warning: " + line));
      }
      dataset.notes().forEach(this::say);
      checkInput(dataset);
      target.remarks(experiment).forEach(this::say);
      threads().ifPresent(this::say);
      if (watch != null) {
        say("live page " + watch.address() + ", metrics " + watch.address().resolve("metrics"));
      }
      RunSummary summary;
      try (RunRecorder recorder = new RunRecorder(directory, Clock.systemUTC(), this::say)) {
        summary = train(dataset, observers(recorder, live));
      }
      if (!summary.finished() && summary.steps() > 0) {
        say("go on: ./ffc train --resume " + directory.folder());
      }
      Path report = report();
      say("report " + report);
      return new TrainingResult(directory.folder(), summary, report);
    } catch (IllegalArgumentException e) {
      // Nothing was trained: a failure after a step is a RunFailure.
      Closer.of(target::discard).closeAfter(e);
      throw e;
    } catch (RunFailure e) {
      throw e;
    } catch (CancellationException e) { // a wish to stop while other trainers were waited for
      String wayOn = RunFailure.wayOn(directory);
      if (!wayOn.isEmpty()) {
        say("cluster: " + e.getMessage() + wayOn);
      }
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      RunFailure failure = RunFailure.of(e, directory);
      if (!RunDirectory.isRun(directory.folder())) {
        target.discard(); // its first file could not be written
      }
      throw failure;
    } finally {
      target.close();
    }
  }

  private Optional<String> threads() {
    int there = Runtime.getRuntime().availableProcessors();
    int wanted = experiment.run().threads();
    return wanted <= there
        ? Optional.empty()
        : Optional.of(
            "warning: run.threads is %d, and this machine has %s for it: steps take longer than with %d"
                .formatted(wanted, Counted.of(there, "core"), there));
  }

  private RunSummary train(Dataset dataset, RunObserver observer) throws IOException {
    if (experiment.run().device() == RunConfig.Device.auto) {
      new Gpus().unused(Gpus.usable(), TensorEngine.load()).ifPresent(this::say);
    }
    List<Integer> devices = experiment.run().devices();
    if (devices.size() < 2) {
      try (GroupExchange exchange = exchange(dataset)) {
        return first(firstDevice(), dataset, exchange, observer);
      }
    }
    boolean onGpus = TrainingDevice.isGpu(experiment.run().device());
    if (!onGpus) {
      say("on the CPU the trainers of run.devices compute one at a time");
    }
    devices.forEach(gpu -> TrainingDevice.of(experiment.run().device(), gpu)); // before any begins
    try {
      return ThreadExchange.together(
              devices.size(),
              !onGpus,
              exchange ->
                  exchange.rank() == 0
                      ? first(devices.get(0), dataset, exchange, observer)
                      : further(devices.get(exchange.rank()), dataset, exchange))
          .get(0);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("interrupted while the trainers of run.devices run", e);
    }
  }

  /** The trainer that keeps the records. */
  private RunSummary first(
      int device, Dataset dataset, GroupExchange exchange, RunObserver observer)
      throws IOException {
    try (Trainer trainer = trainer(device, dataset, exchange, observer)) {
      directory.writeConfig(experiment);
      Manifest.otherJpegDecoder(directory.file("manifest.json"))
          .ifPresent(
              before ->
                  say(
                      "JPEG was decoded by "
                          + before
                          + " so far, now by "
                          + ImageDecoder.jpegDecoder()
                          + ": no difference is known, but none is promised"));
      Manifest manifest = manifest(dataset);
      if (Manifest.hadOtherImages(directory.file("manifest.json"), manifest.trainImages())) {
        say(
            "warning: the images of data.train are not those that the run had so far (up to "
                + Dataset.SAMPLED
                + " were compared): losses differ from those of an unbroken run");
      }
      manifest.write(directory.file("manifest.json"), trainer.step(), Instant.now(), this::say);
      long from = trainer.step();
      try {
        return trainer.run();
      } catch (CancellationException e) {
        if (trainer.step() > 0) {
          throw e; // what the run had stays as it is
        }
        RunSummary summary = trainer.summary(false);
        observer.finished(summary);
        return summary;
      } catch (IllegalArgumentException e) {
        throw trainer.step() == from ? e : RunFailure.of(e, directory);
      }
    }
  }

  /** From the checkpoint that was named, or else from the newest sound one. */
  private Trainer trainer(int device, Dataset dataset, GroupExchange exchange, RunObserver observer)
      throws IOException {
    List<Path> checkpoints = target.checkpoints();
    if (checkpoints.isEmpty()) {
      Trainer.Setup anew = setup(device, directory.checkpoints(), null);
      return new Trainer(anew, dataset, exchange, observer, caller.stop());
    }
    for (int i = 0; ; i++) {
      Path checkpoint = checkpoints.get(i);
      try {
        Trainer.Setup setup = setup(device, directory.checkpoints(), checkpoint);
        Trainer trainer = new Trainer(setup, dataset, exchange, observer, caller.stop());
        say("from " + checkpoint);
        average(checkpoint).ifPresent(this::say);
        return trainer;
      } catch (BadCheckpointException e) {
        if (i == checkpoints.size() - 1) {
          throw e;
        }
        say(e.getMessage() + "; taking an older one instead");
      }
    }
  }

  /** What a checkpoint that the run goes on from means for the average of {@code run.ema}. */
  private Optional<String> average(Path checkpoint) {
    boolean stored = Files.exists(checkpoint.resolve(EvaluateConfig.Net.ema + ".safetensors"));
    Double before = target.before().run().ema();
    Double now = experiment.run().ema();
    if (now == null) {
      return stored
          ? Optional.of("run.ema is absent: the average of " + checkpoint + " ends here")
          : Optional.empty();
    }
    if (!stored) {
      return Optional.of("run.ema: no average in " + checkpoint + ": it begins with the probe");
    }
    return before == null || before.equals(now)
        ? Optional.empty()
        : Optional.of(
            "run.ema was " + before + ", now " + now + ": the average goes on with that decay");
  }

  /** Finds now what would otherwise end a training, or keep it from being judged. */
  private void checkInput(Dataset dataset) {
    ImageShape shape = experiment.shape();
    ImageSizes sizes = new ImageSizes(dataset, shape);
    if (experiment.data().onCorrupt() == DataConfig.OnCorrupt.fail) {
      sizes.check();
    }
    InputCheck.training(dataset, experiment.data(), shape, experiment.seed());
    if (experiment.cluster() == null || experiment.cluster().rank() == 0) {
      InputCheck.evaluations(experiment.judged(), shape, experiment.run().best());
      sizes.cost(experiment.data().workers()).ifPresent(this::say);
    }
  }

  /** The trainer of another device; its state comes from the first, also after a resume. */
  private RunSummary further(int device, Dataset dataset, GroupExchange exchange)
      throws IOException {
    Path none = directory.folder().resolve("rank-" + exchange.rank()).resolve("checkpoints");
    Observers silent = new Observers(List.of());
    try (Trainer trainer =
        new Trainer(setup(device, none, null), dataset, exchange, silent, caller.stop())) {
      return trainer.run();
    }
  }

  private int firstDevice() {
    return experiment.cluster() != null
        ? experiment.cluster().device()
        : experiment.run().devices().isEmpty() ? 0 : experiment.run().devices().get(0);
  }

  private Trainer.Setup setup(int device, Path checkpoints, Path resumeFrom) {
    return new Trainer.Setup(
        experiment.seed(),
        experiment.data(),
        experiment.model(),
        experiment.method().type(),
        Methods.factory(experiment.method()),
        experiment.optimizer(),
        experiment.run(),
        experiment.judged(),
        checkpoints,
        resumeFrom,
        device,
        experiment.cluster() == null ? 1 : experiment.cluster().sync().every());
  }

  private GroupExchange exchange(Dataset dataset) {
    return experiment.cluster() == null
        ? new LocalExchange()
        : HazelcastExchange.connect(
            experiment.cluster(),
            identity(dataset),
            line -> say("cluster: " + line),
            caller.stop());
  }

  private RunIdentity identity(Dataset dataset) {
    SortedMap<String, String> shared = SharedSettings.of(experiment);
    shared.put("the fingerprint of data.train", dataset.fingerprint());
    return new RunIdentity(shared);
  }

  private LiveRun liveRun() {
    return experiment.run().metricsPort() == null
        ? null
        : new LiveRun(
            experiment.name(), experiment.method().type(), directory.folder(), Clock.systemUTC());
  }

  private WatchServer openWatch(LiveRun live) {
    return WatchServer.open(experiment.run().metricsPort(), live);
  }

  private RunObserver observers(RunRecorder recorder, LiveRun live) {
    List<RunObserver> all = new ArrayList<>();
    all.add(recorder);
    if (live != null) {
      all.add(live);
    }
    all.addAll(caller.observers());
    return new Observers(List.copyOf(all));
  }

  private Manifest manifest(Dataset dataset) throws IOException {
    Map<String, String> data = new LinkedHashMap<>();
    data.put("train", dataset.fingerprint());
    for (EvaluateConfig set : experiment.evaluate()) {
      data.put(set.name(), FileFingerprint.of(DataFormats.path(set.path())));
    }
    String home = System.getenv("FFC_HOME");
    TensorEngine engine = TensorEngine.load();
    return new Manifest(
        Build.version(),
        engine.version(),
        engine.natives(),
        engine.folder(),
        caller.commandLine(),
        Path.of(home == null ? "." : home),
        data,
        dataset.contentSample());
  }

  private Path report() throws IOException {
    try (DatasetPictures pictures = new DatasetPictures(experiment)) {
      return new RunReport(RunFiles.read(directory.folder()), pictures).write();
    }
  }

  /** What the weights that the run starts from want of its settings. */
  private Optional<String> weightsRemark() {
    String file = experiment.model().initFrom();
    if (file == null || experiment.model().freezeBatchNorm()) {
      return Optional.empty();
    }
    try {
      String remark = WeightLayout.foldedRemark(WeightFile.network(Path.of(file)).tensors(), "");
      return remark.isEmpty()
          ? Optional.empty()
          : Optional.of("model.initFrom " + file + ": " + remark);
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // whoever takes the weights says why they cannot be read
    }
  }

  private void say(String line) {
    caller.say().accept(line);
  }

  private String describe(Dataset dataset) {
    return experiment.name()
        + ": "
        + experiment.method().type()
        + " on "
        + dataset.name()
        + ", "
        + dataset.identities()
        + " "
        + Counted.noun(dataset.identities(), "identity")
        + ", "
        + dataset.images()
        + " "
        + Counted.noun(dataset.images(), "image");
  }
}
