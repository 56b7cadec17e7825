package ffc.runs.train;

import ffc.core.train.RunObserver;
import ffc.runs.experiment.ConfigException;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Secrets;
import ffc.runs.record.RunTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One training: an experiment in, a run directory out, as {@code ffc train} makes it.
 *
 * <pre>{@code
 * TrainingResult result = Training.of(Path.of("mine.yaml"), "run.steps=100").run();
 * }</pre>
 *
 * <p>Paths are relative to the working directory. It ends no process, listens to no signals and
 * prints nothing. Settings are made by one thread before {@link #run}; {@link #stop} may be called
 * by any. The engine's number of threads and its random numbers belong to the whole JVM, therefore
 * one training runs at a time; while it does, the JVM's default locale is {@link Locale#ROOT}, as
 * other locales write figures with digits and commas that no other program reads. Of an experiment
 * with several trainers ({@code cluster.trainers}) it is the one of {@code cluster.rank}.
 */
public final class Training {
  private static final String THREADS = "run.threads";
  private static final AtomicBoolean BUSY = new AtomicBoolean();

  /** Reads the experiment again, {@code run.threads} given; null where it came as a record. */
  private final Reading reading;

  private Experiment experiment;
  private boolean trial;
  private Path directory;
  private boolean resumes;
  private Path from;
  private final List<RunObserver> observers = new ArrayList<>();
  private Consumer<String> lines = line -> {};
  private String commandLine =
      Secrets.redact(System.getProperty("sun.java.command", "unknown program"));
  private BooleanSupplier wish = () -> false;
  private volatile boolean stopped;
  private boolean used;

  private record Reading(Path config, List<String> overrides, ConfigLoader loader) {
    boolean givesThreads() throws IOException {
      return ConfigLoader.gives(config, overrides, THREADS);
    }

    Experiment withThreads(int threads) {
      List<String> all = new ArrayList<>(overrides);
      all.add(THREADS + "=" + threads);
      return loader.silent().load(config, all, true);
    }
  }

  private Training(Experiment experiment, Reading reading) {
    this.experiment = experiment;
    this.reading = reading;
  }

  /**
   * Trains an experiment that the program has put together.
   *
   * @throws ConfigException if it has mistakes, with a line for each as of a file
   */
  public static Training of(Experiment experiment) {
    return new Training(new ConfigLoader().check(experiment, true), null);
  }

  /**
   * Trains the experiment of a file.
   *
   * @param overrides {@code path=value} texts, as after {@code --set}
   * @throws ConfigException if it has mistakes, with a line for each
   */
  public static Training of(Path config, String... overrides) {
    return of(config, List.of(overrides), new ConfigLoader());
  }

  /**
   * Trains the experiment of a file, cut down by the loader's trial if it has one.
   *
   * @throws ConfigException if it has mistakes, with a line for each
   */
  public static Training of(Path config, List<String> overrides, ConfigLoader loader) {
    Reading reading = new Reading(config, List.copyOf(overrides), loader);
    Training training = new Training(loader.load(config, overrides, true), reading);
    training.trial = loader.isTrial();
    return training;
  }

  /** Run directory; {@code runs/<name>-<time>} without it. */
  public Training directory(Path folder) {
    directory = folder;
    return this;
  }

  /**
   * Goes on with the run in {@link #directory}, or else the newest run of the experiment's name
   * below {@code runs}. A directory without a run begins one.
   */
  public Training resume() {
    resumes = true;
    from = null;
    return this;
  }

  /**
   * Goes on with a run.
   *
   * @param run its directory, or one of its checkpoints
   */
  public Training resume(Path run) {
    resumes = true;
    from = run;
    return this;
  }

  /** Tells an observer of the run, after its records are written and those added before it. */
  public Training observe(RunObserver observer) {
    observers.add(observer);
    return this;
  }

  /** Where lines for a person go: data, warnings, address of the live page, report. */
  public Training lines(Consumer<String> say) {
    lines = say;
    return this;
  }

  /** How the run came about, for its manifest; the JVM's main class and arguments without it. */
  public Training commandLine(String text) {
    commandLine = text;
    return this;
  }

  /** Asked after every step whether to stop, beside {@link #stop}. */
  public Training stopWhen(BooleanSupplier asked) {
    wish = asked;
    return this;
  }

  /**
   * Ends the run at its next step, with a checkpoint from which a resume goes on: after the step
   * under way, or, called by an observer, after the one that follows.
   */
  public void stop() {
    stopped = true;
  }

  /**
   * What is trained, defaults included. A resumed experiment that comes from a file and does not
   * give {@code run.threads} has the threads of the run, because losses depend on them in rounding;
   * one that came as a record has what the record says.
   *
   * @throws IllegalArgumentException if there is no run to resume
   */
  public Experiment experiment() throws IOException {
    if (!resumes || reading == null) {
      return experiment;
    }
    Path run = from != null ? RunTarget.runOf(from) : directory;
    if (run == null) {
      run = RunTarget.newestOf(experiment);
    }
    if (trial) {
      RunTarget.checkTrial(run, experiment);
    }
    if (!reading.givesThreads()) {
      Integer threads = RunTarget.recorded(run).map(e -> e.run().threads()).orElse(null);
      if (threads != null && !threads.equals(experiment.run().threads())) {
        experiment = reading.withThreads(threads);
      }
    }
    return experiment;
  }

  /**
   * Trains in the calling thread; once.
   *
   * @throws IllegalArgumentException if the experiment, its data or the run to resume do not allow
   *     it, before a step was made and with nothing left behind; the message is the line (for some
   *     mistakes, lines) with which the command line exits with code 2
   * @throws RunFailure if the run failed; what it had is on the disk
   * @throws CancellationException if it was stopped while it waited for other trainers; the run is
   *     as its last checkpoint left it
   * @throws IOException if the run directory cannot be made or read
   * @throws IllegalStateException if it ran before, or another training runs in this JVM
   */
  public TrainingResult run() throws IOException {
    if (used) {
      throw new IllegalStateException("a Training runs once; make another one to resume it");
    }
    if (!BUSY.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "another training runs in this JVM; wait for its end, or start a process");
    }
    used = true;
    Locale before = Locale.getDefault();
    Locale formats = Locale.getDefault(Locale.Category.FORMAT);
    try {
      Locale.setDefault(Locale.ROOT);
      TrainingRun.Caller caller =
          new TrainingRun.Caller(
              lines,
              List.copyOf(observers),
              () -> stopped || wish.getAsBoolean(),
              commandLine,
              trial);
      Experiment trained = experiment();
      return new TrainingRun(trained, target(trained), caller).run();
    } finally {
      Locale.setDefault(before);
      Locale.setDefault(Locale.Category.FORMAT, formats);
      BUSY.set(false);
    }
  }

  private RunTarget target(Experiment trained) throws IOException {
    if (!resumes) {
      return RunTarget.fresh(trained, directory);
    }
    return from == null
        ? RunTarget.newest(trained, directory)
        : RunTarget.resume(trained, from, directory);
  }
}
