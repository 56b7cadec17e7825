package ffc.cli;

import ffc.cli.launch.Launch;
import ffc.cli.launch.SchedulerVariables;
import ffc.cli.options.OptionWords;
import ffc.cli.options.OutOption;
import ffc.cli.options.SetOption;
import ffc.cli.progress.BarProgress;
import ffc.cli.progress.PlainProgress;
import ffc.core.train.RunObserver;
import ffc.engine.Closer;
import ffc.exchange.hazelcast.ClusterConfig;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Trial;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunTarget;
import ffc.runs.train.Training;
import ffc.runs.train.TrainingResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc train}. */
@Command(
    name = "train",
    description = {
      "Train the experiment of a config file.",
      "",
      "Ctrl-C ends the run after the current step with a checkpoint (exit code 130);"
          + " --resume goes on from it. Paths are relative to the working directory.",
      ""
    },
    footer = {"", "Example:", "  ./ffc train configs/quickstart.yaml --out runs/mine"},
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {
  private static final String NEWEST = "";

  /** What --resume without a value stands for on the command line, where an empty text is none. */
  private static final String NO_VALUE = "\0";

  /** Options that stand for settings. */
  static final Map<String, String> TYPED =
      Map.of("cluster.trainers", "--trainers", "cluster.rank", "--rank");

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Parameters(paramLabel = "CONFIG", arity = "0..1", description = "Experiment file")
  private Path config;

  @Mixin private SetOption set;

  @Mixin private OutOption.Results out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      arity = "0..1",
      fallbackValue = NO_VALUE,
      description =
          "Go on with a run: its directory or one of its checkpoints (default: the newest run of"
              + " CONFIG's name, or of all without CONFIG)")
  private String resume;

  @Option(
      names = "--trainers",
      paramLabel = "N",
      description =
          "Train with N trainers in lock-step (cluster.trainers); without --rank all of them are"
              + " started on this machine, and the cores shared out")
  private Integer trainers;

  @Option(
      names = "--rank",
      paramLabel = "R",
      description = "Be trainer R of several, from 0 (cluster.rank)")
  private Integer rank;

  @Override
  public Integer call() throws IOException {
    if (NO_VALUE.equals(resume)) {
      resume = NEWEST;
    }
    if (config == null && resume != null && Files.isRegularFile(Path.of(resume))) {
      config = Path.of(resume); // train --resume CONFIG
      resume = NEWEST;
    }
    if (config == null && resume != null) {
      if (resume.equals(NEWEST)) {
        resume = newestRun().toString();
      }
      config = configOf(Path.of(resume));
    }
    if (config == null) {
      throw new ParameterException(
          spec.commandLine(), "missing CONFIG, such as configs/quickstart.yaml");
    }
    List<String> overrides = new ArrayList<>(set.settings());
    if (trainers != null) {
      overrides.add("cluster.trainers=" + trainers);
    }
    if (rank != null) {
      overrides.add("cluster.rank=" + rank);
    }
    ConfigLoader loader = new ConfigLoader(Trial.fromEnvironment(), this::tell);
    Path file = config;
    Optional<Launch> launch = launch();
    Path folder = out.path();
    if (launch.isPresent()) {
      folder = folderOf(launch.get());
      overrides.addAll(settings(launch.get(), loader.silent()));
    }
    Map<String, String> words = launch.map(Launch::words).orElse(TYPED);
    Training training =
        OptionWords.in(words, () -> Training.of(file, overrides, loader)).directory(folder);
    if (NEWEST.equals(resume)) {
      training.resume();
    } else if (resume != null) {
      training.resume(Path.of(resume));
    }
    Experiment experiment = training.experiment();
    launch.ifPresent(found -> tell(found.describe(experiment.cluster())));
    if (rank == null && launch.isEmpty() && severalHere(experiment.cluster())) {
      PrintWriter say = spec.commandLine().getOut();
      return new LocalTrainers(experiment, config, set.settings(), out.path(), resume, say).run();
    }
    return train(training, progress(experiment.run().reportEvery()));
  }

  /** What a scheduler says of this process, unless the command line says it. */
  private Optional<Launch> launch() {
    boolean typed = trainers != null || rank != null || Launch.isTyped(set.settings());
    try {
      Optional<Launch> launch = SchedulerVariables.read(System.getenv());
      if (typed) {
        launch.ifPresent(
            left ->
                tell(left.said() + " are left aside: the command line says which trainer this is"));
        return Optional.empty();
      }
      return launch;
    } catch (IllegalArgumentException e) {
      if (typed) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private List<String> settings(Launch launch, ConfigLoader loader) throws IOException {
    List<String> first = new ArrayList<>(set.settings());
    first.addAll(List.of("cluster.trainers=" + launch.trainers(), "cluster.rank=0"));
    ClusterConfig file =
        OptionWords.in(launch.words(), () -> loader.load(config, first, false)).cluster();
    return launch.settings(
        set.settings(), file, ConfigLoader.gives(config, set.settings(), "cluster.members"));
  }

  /**
   * A scheduler gives all trainers one command line: the folder is the first one's, each other has
   * one below it, and all resume.
   */
  private Path folderOf(Launch launch) {
    boolean named = resume != null && !resume.equals(NEWEST);
    Path run = named ? RunTarget.runOf(Path.of(resume)) : out.path();
    if (run == null) {
      throw new IllegalArgumentException(
          launch.said()
              + ": name the folder of the run by --out DIR, the same for all trainers, or give"
              + " --trainers 1 to train alone");
    }
    if (launch.rank() == 0) {
      return out.path();
    }
    resume = resume == null ? null : NEWEST;
    return run.resolve("rank-" + launch.rank());
  }

  private static Path newestRun() throws IOException {
    List<Path> runs = RunDirectory.list();
    if (runs.isEmpty()) {
      throw new IllegalArgumentException(
          "nothing to resume: no run in "
              + RunDirectory.RUNS
              + "; name the directory of one after --resume");
    }
    return runs.get(runs.size() - 1);
  }

  /** The experiment of the run that a directory or checkpoint belongs to. */
  private static Path configOf(Path resume) {
    Path config = RunTarget.runOf(resume).resolve("config.resolved.yaml");
    if (!Files.exists(config)) {
      throw new IllegalArgumentException(
          "--resume "
              + resume
              + (Files.exists(resume) ? " is no run" : " does not exist")
              + ": wanted the directory of a run or one of its checkpoints (./ffc runs lists those"
              + " in "
              + RunDirectory.RUNS
              + ")");
    }
    return config;
  }

  private int train(Training training, RunObserver progress) throws IOException {
    AtomicBoolean begun = new AtomicBoolean();
    StopSignal stop =
        StopSignal.install(
            System.err,
            () -> begun.get() ? StopSignal.STEP_IS_KEPT : "stopping before the first step",
            () -> {});
    try (Closer shown = new Closer()) {
      if (progress instanceof BarProgress bar) {
        shown.add(bar);
      }
      TrainingResult result =
          training
              .commandLine(Main.commandLineText())
              .lines(this::say)
              .observe(progress)
              .observe(begins(begun))
              .stopWhen(stop)
              .run();
      return result.summary().finished() ? 0 : stop.exitCode();
    } catch (CancellationException e) {
      return stop.exitCode();
    }
  }

  private RunObserver progress(int reportEvery) {
    String columns = System.getProperty("ffc.terminal");
    return columns == null
        ? new PlainProgress(spec.commandLine().getOut(), reportEvery)
        : new BarProgress(
            System.err, columns.matches("[0-9]{2,4}") ? Integer.parseInt(columns) : 80);
  }

  private void say(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }

  /** A trainer that another process has started leaves it to that one. */
  private void tell(String line) {
    if (!Boolean.getBoolean(StopSignal.SUPERVISED)) {
      spec.commandLine().getErr().println("ffc: " + line);
    }
  }

  /** Until the data are open and the other trainers there, no step is under way. */
  private static RunObserver begins(AtomicBoolean begun) {
    return new RunObserver() {
      @Override
      public void started(long fromStep, long toStep) {
        begun.set(true);
      }
    };
  }

  private static boolean severalHere(ClusterConfig cluster) throws IOException {
    return cluster != null
        && cluster.trainers() > 1
        && InetAddress.getByName(cluster.networkInterface()).isLoopbackAddress();
  }
}
