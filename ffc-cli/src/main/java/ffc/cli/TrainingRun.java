package ffc.cli;

import ffc.cli.progress.BarProgress;
import ffc.cli.progress.PlainProgress;
import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.train.InputCheck;
import ffc.core.train.Observers;
import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.Trainer;
import ffc.engine.Closer;
import ffc.engine.TensorEngine;
import ffc.eval.EvaluateConfig;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.exchange.ThreadExchange;
import ffc.exchange.hazelcast.HazelcastExchange;
import ffc.exchange.hazelcast.RunIdentity;
import ffc.loaders.DataSets;
import ffc.loaders.data.Dataset;
import ffc.loaders.image.ImageDecoder;
import ffc.runs.experiment.DatasetRules;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Methods;
import ffc.runs.experiment.SharedSettings;
import ffc.runs.experiment.Trial;
import ffc.runs.record.Fingerprint;
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
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** One training from opened data to written report. */
final class TrainingRun {
  private final Experiment experiment;
  private final RunTarget target;
  private final RunDirectory directory;
  private final PrintWriter out;

  TrainingRun(Experiment experiment, RunTarget target, PrintWriter out) {
    this.experiment = experiment;
    this.target = target;
    this.directory = target.directory();
    this.out = out;
  }

  /** Trains; returns the exit code. */
  int run() throws IOException {
    StopSignal stop = StopSignal.install(System.err);
    LiveRun live = liveRun();
    try (Dataset dataset = DataSets.open(experiment.data());
        WatchServer watch = live == null ? null : openWatch(live)) {
      say(describe(dataset));
      DatasetRules.check(experiment, dataset, Trial.fromEnvironment().isPresent())
          .forEach(line -> say("warning: " + line));
      dataset.notes().forEach(this::say);
      checkInput(dataset);
      target.remarks(experiment).forEach(this::say);
      if (watch != null) {
        say("live page " + watch.address() + ", metrics " + watch.address().resolve("metrics"));
      }
      RunSummary summary;
      RunObserver progress = progress();
      try (Closer told = new Closer()) {
        if (progress instanceof BarProgress bar) {
          told.add(bar);
        }
        RunRecorder recorder = told.add(new RunRecorder(directory, Clock.systemUTC(), this::say));
        summary = train(dataset, stop, observers(recorder, live, progress));
      }
      say("report " + report());
      return summary.finished() ? 0 : stop.exitCode();
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
      return stop.exitCode();
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

  private RunSummary train(Dataset dataset, StopSignal stop, RunObserver observer)
      throws IOException {
    List<Integer> devices = experiment.run().devices();
    if (devices.size() < 2) {
      try (GroupExchange exchange = exchange(dataset, stop)) {
        return first(firstDevice(), dataset, exchange, stop, observer);
      }
    }
    boolean onGpus = Trainer.onGpu(experiment.run().device());
    if (!onGpus) {
      say("on the CPU the trainers of run.devices compute one at a time");
    }
    devices.forEach(gpu -> Trainer.device(experiment.run().device(), gpu)); // before any begins
    try {
      return ThreadExchange.together(
              devices.size(),
              !onGpus,
              exchange ->
                  exchange.rank() == 0
                      ? first(devices.get(0), dataset, exchange, stop, observer)
                      : further(devices.get(exchange.rank()), dataset, exchange, stop))
          .get(0);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("interrupted while the trainers of run.devices run", e);
    }
  }

  /** The trainer that keeps the records. */
  private RunSummary first(
      int device, Dataset dataset, GroupExchange exchange, StopSignal stop, RunObserver observer)
      throws IOException {
    try (Trainer trainer = trainer(device, dataset, exchange, stop, observer)) {
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
  private Trainer trainer(
      int device, Dataset dataset, GroupExchange exchange, StopSignal stop, RunObserver observer)
      throws IOException {
    List<Path> checkpoints = target.checkpoints();
    if (checkpoints.isEmpty()) {
      Trainer.Setup anew = setup(device, directory.checkpoints(), null);
      return new Trainer(anew, dataset, exchange, observer, stop);
    }
    for (int i = 0; ; i++) {
      Path checkpoint = checkpoints.get(i);
      try {
        Trainer.Setup setup = setup(device, directory.checkpoints(), checkpoint);
        Trainer trainer = new Trainer(setup, dataset, exchange, observer, stop);
        say("from " + checkpoint);
        return trainer;
      } catch (BadCheckpointException e) {
        if (i == checkpoints.size() - 1) {
          throw e;
        }
        say(e.getMessage() + "; taking an older one instead");
      }
    }
  }

  /** Finds now what would otherwise end a training, or keep it from being judged. */
  private void checkInput(Dataset dataset) {
    InputCheck.training(dataset, experiment.data(), experiment.model().shape(), experiment.seed());
    if (experiment.cluster() == null || experiment.cluster().rank() == 0) {
      InputCheck.evaluations(
          experiment.evaluate(), experiment.model().shape(), experiment.run().best());
    }
  }

  /** The trainer of another device; its state comes from the first, also after a resume. */
  private RunSummary further(int device, Dataset dataset, GroupExchange exchange, StopSignal stop)
      throws IOException {
    Path none = directory.folder().resolve("rank-" + exchange.rank()).resolve("checkpoints");
    Observers silent = new Observers(List.of());
    try (Trainer trainer =
        new Trainer(setup(device, none, null), dataset, exchange, silent, stop)) {
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
        experiment.evaluate(),
        checkpoints,
        resumeFrom,
        device,
        experiment.cluster() == null ? 1 : experiment.cluster().sync().every());
  }

  private GroupExchange exchange(Dataset dataset, BooleanSupplier stop) {
    return experiment.cluster() == null
        ? new LocalExchange()
        : HazelcastExchange.connect(
            experiment.cluster(), identity(dataset), line -> say("cluster: " + line), stop);
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

  private static RunObserver observers(RunRecorder recorder, LiveRun live, RunObserver progress) {
    return new Observers(
        live == null ? List.of(recorder, progress) : List.of(recorder, live, progress));
  }

  private RunObserver progress() {
    String columns = System.getProperty("ffc.terminal");
    return columns == null
        ? new PlainProgress(out, experiment.run().reportEvery())
        : new BarProgress(
            System.err, columns.matches("[0-9]{2,4}") ? Integer.parseInt(columns) : 80);
  }

  private Manifest manifest(Dataset dataset) throws IOException {
    Map<String, String> data = new LinkedHashMap<>();
    data.put("train", dataset.fingerprint());
    for (EvaluateConfig set : experiment.evaluate()) {
      data.put(set.name(), Fingerprint.of(Path.of(set.path())));
    }
    String home = System.getenv("FFC_HOME");
    TensorEngine engine = TensorEngine.load();
    return new Manifest(
        Version.ffc(),
        engine.version(),
        engine.natives(),
        Main.commandLineText(),
        Path.of(home == null ? "." : home),
        data,
        dataset.contentSample());
  }

  private Path report() throws IOException {
    try (DatasetPictures pictures =
        new DatasetPictures(experiment.evaluate(), experiment.model().shape())) {
      return new RunReport(RunFiles.read(directory.folder()), pictures).write();
    }
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }

  private String describe(Dataset dataset) {
    return experiment.name()
        + ": "
        + experiment.method().type()
        + " on "
        + dataset.name()
        + ", "
        + dataset.identities()
        + " identities, "
        + dataset.images()
        + " images";
  }
}
