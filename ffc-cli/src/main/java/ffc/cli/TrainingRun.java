package ffc.cli;

import ffc.cli.config.Differences;
import ffc.cli.config.Experiment;
import ffc.cli.config.Methods;
import ffc.cli.progress.BarProgress;
import ffc.cli.progress.Observers;
import ffc.cli.progress.PlainProgress;
import ffc.cli.record.Fingerprint;
import ffc.cli.record.Manifest;
import ffc.cli.record.RunDirectory;
import ffc.cli.record.RunRecorder;
import ffc.cli.report.DatasetPictures;
import ffc.cli.report.RunFiles;
import ffc.cli.report.RunReport;
import ffc.cli.watch.LiveRun;
import ffc.cli.watch.WatchServer;
import ffc.core.EvaluateConfig;
import ffc.core.RunObserver;
import ffc.core.RunSummary;
import ffc.core.Trainer;
import ffc.idgroup.GroupExchange;
import ffc.idgroup.LocalExchange;
import ffc.idgroup.cluster.HazelcastExchange;
import ffc.idgroup.cluster.RunIdentity;
import ffc.loaders.Dataset;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    boolean begun = false;
    LiveRun live = liveRun();
    try (Dataset dataset = Dataset.open(experiment.data());
        WatchServer watch = live == null ? null : openWatch(live)) {
      say(describe(dataset) + (target.checkpoint() == null ? "" : "\nfrom " + target.checkpoint()));
      if (watch != null) {
        say("live page " + watch.address() + ", metrics " + watch.address().resolve("metrics"));
      }
      RunSummary summary;
      RunObserver progress = progress();
      try (RunRecorder recorder = new RunRecorder(directory, Clock.systemUTC());
          GroupExchange exchange = exchange(dataset, stop);
          Trainer trainer =
              new Trainer(setup(), dataset, exchange, observers(recorder, live, progress), stop)) {
        directory.writeConfig(experiment);
        begun = true;
        manifest(dataset).write(directory.file("manifest.json"), trainer.step(), Instant.now());
        summary = trainer.run();
      } finally {
        if (progress instanceof BarProgress bar) {
          bar.close();
        }
      }
      say("report " + report());
      return summary.finished() ? 0 : stop.exitCode();
    } catch (IllegalArgumentException e) {
      if (!begun) {
        target.discard();
      }
      throw e;
    } catch (CancellationException e) { // a wish to stop while other trainers were waited for
      String wayOn = RunFailure.wayOn(directory);
      if (!wayOn.isEmpty()) {
        say("cluster: " + e.getMessage() + wayOn);
      }
      return stop.exitCode();
    } catch (IOException | RuntimeException | Error e) {
      throw RunFailure.of(e, directory);
    } finally {
      target.close();
    }
  }

  private Trainer.Setup setup() {
    return new Trainer.Setup(
        experiment.seed(),
        experiment.data(),
        experiment.model(),
        experiment.method().type(),
        Methods.factory(experiment.method()),
        experiment.optimizer(),
        experiment.run(),
        experiment.evaluate(),
        directory.checkpoints(),
        target.checkpoint(),
        experiment.cluster() == null ? 0 : experiment.cluster().device(),
        experiment.cluster() == null ? 1 : experiment.cluster().sync().every());
  }

  private GroupExchange exchange(Dataset dataset, BooleanSupplier stop) {
    return experiment.cluster() == null
        ? new LocalExchange()
        : HazelcastExchange.connect(
            experiment.cluster(),
            new RunIdentity(
                Fingerprint.ofText(Differences.decisive(experiment).toString()),
                dataset.fingerprint()),
            line -> say("cluster: " + line),
            stop);
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
        ? new PlainProgress(out)
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
    return new Manifest(
        Version.ffc(),
        Version.djl(),
        Version.natives(),
        Main.commandLineText(),
        Path.of(home == null ? "." : home),
        data);
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
