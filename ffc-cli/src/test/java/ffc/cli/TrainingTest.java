package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.RunConfigBuilder;
import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.eval.roc.EvalResult;
import ffc.exchange.hazelcast.ClusterConfigBuilder;
import ffc.runs.experiment.ConfigException;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.ExperimentBuilder;
import ffc.runs.record.JsonLines;
import ffc.runs.train.Training;
import ffc.runs.train.TrainingResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** Training by a program, beside the same by the command line. */
class TrainingTest {
  /** What a line of steps.jsonl says of time and memory. */
  private static final List<String> MEASURED =
      List.of(
          "seconds",
          "images_per_second",
          "data_wait_share",
          "rss_bytes",
          "profile",
          "device_bytes");

  @TempDir Path temp;

  private static Experiment small() {
    return new ConfigLoader().load(StoredRun.SMALL, List.of(), true);
  }

  /** Names of all files, those with a time in them shortened. */
  private static List<String> names(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run)) {
      return files
          .map(file -> run.relativize(file).toString())
          .map(name -> name.replaceAll("(tfevents)\\..*", "$1"))
          .sorted()
          .toList();
    }
  }

  private static List<String> steps(Path run) throws IOException {
    return JsonLines.read(run.resolve("steps.jsonl")).stream()
        .map(line -> ((ObjectNode) line).remove(MEASURED).toString())
        .toList();
  }

  /** Remembers what it is told, and may ask for a stop. */
  private record Watcher(List<Long> reports, List<String> ends, Runnable atStepTwo)
      implements RunObserver {
    @Override
    public void started(long fromStep, long toStep) {}

    @Override
    public void progress(long step, double loss, double imagesPerSecond) {}

    @Override
    public void report(StepReport report) {
      reports.add(report.step());
      if (report.step() == 2) {
        atStepTwo.run();
      }
    }

    @Override
    public void evaluated(long step, EvalResult result) {}

    @Override
    public void checkpoint(long step, Path folder) {}

    @Override
    public void finished(RunSummary summary) {
      ends.add("step " + summary.steps());
    }
  }

  @Test
  void aProgramLeavesTheRunDirectoryOfTheCommandLineInAnyLocaleAndPrintsNothing() throws Exception {
    Path typed = temp.resolve("typed");
    assertThat(StoredRun.ffc("train", StoredRun.SMALL.toString(), "--out", typed.toString()).code())
        .isZero();

    Path called = temp.resolve("called");
    Locale before = Locale.getDefault();
    Locale arabic = Locale.forLanguageTag("ar-EG-u-nu-arab");
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    TrainingResult result;
    try (PrintStream catcher = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(catcher);
      System.setErr(catcher);
      Locale.setDefault(arabic);
      result = Training.of(small()).directory(called).run();
      assertThat(Locale.getDefault()).isEqualTo(arabic);
    } finally {
      Locale.setDefault(before);
      System.setOut(out);
      System.setErr(err);
    }

    assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(result.directory()).isEqualTo(called);
    assertThat(result.report()).isEqualTo(called.resolve("report.html")).isNotEmptyFile();
    assertThat(result.summary().finished()).isTrue();
    assertThat(names(called)).isEqualTo(names(typed));
    assertThat(steps(called)).hasSize(6).isEqualTo(steps(typed));
    assertThat(called.resolve("config.resolved.yaml"))
        .hasSameTextualContentAs(typed.resolve("config.resolved.yaml"));
  }

  @Test
  void aRunIsWatchedStoppedAndResumedToTheLossesOfAnUnbrokenOne() throws Exception {
    Path unbroken = temp.resolve("unbroken");
    Training.of(small()).directory(unbroken).run();

    Path run = temp.resolve("run");
    List<Long> reports = new ArrayList<>();
    List<String> ends = new ArrayList<>();
    Training first = Training.of(small()).directory(run);
    first.observe(new Watcher(reports, ends, first::stop));
    first.observe(new Watcher(new ArrayList<>(), ends, () -> {}));
    assertThat(first.run().summary().finished()).isFalse();
    assertThat(reports).containsExactly(1L, 2L, 3L);
    assertThat(ends).containsExactly("step 3", "step 3");
    assertThatThrownBy(first::run).isInstanceOf(IllegalStateException.class);

    List<String> lines = new ArrayList<>();
    TrainingResult result = Training.of(small()).resume(run).lines(lines::add).run();
    assertThat(result.summary().finished()).isTrue();
    assertThat(lines).anyMatch(line -> line.startsWith("from " + run.resolve("checkpoints")));
    assertThat(steps(run)).isEqualTo(steps(unbroken));
  }

  @Test
  void aMistakeIsAnExceptionWithTheLineOfTheCommandLine() throws Exception {
    String[] typed = {"train", StoredRun.SMALL.toString(), "--set", "seed=x"};
    assertThatThrownBy(() -> Training.of(StoredRun.SMALL, "seed=x"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(StoredRun.ffc(typed).err().strip());

    Files.createDirectories(temp.resolve("taken"));
    Files.writeString(temp.resolve("taken/config.resolved.yaml"), "");
    String taken = temp.resolve("taken").toString();
    Training training = Training.of(StoredRun.SMALL).directory(Path.of(taken));
    assertThatThrownBy(training::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            StoredRun.ffc("train", StoredRun.SMALL.toString(), "--out", taken).err().strip());
  }

  @Test
  void anExperimentOfRecordsIsCheckedAsAFileIs() throws Exception {
    Experiment small = small();
    Experiment wrong =
        ExperimentBuilder.builder(small)
            .method(FfcConfigBuilder.builder().capacity(3).build())
            .optimizer(null)
            .run(RunConfigBuilder.builder(small.run()).steps(-1L).build())
            .build();
    assertThatThrownBy(() -> Training.of(wrong))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("experiment: run.steps: got -1, wanted more than 0")
        .hasMessageContaining("experiment: optimizer: missing");

    Experiment sound =
        ExperimentBuilder.builder(small)
            .cluster(ClusterConfigBuilder.builder().secret("a: \"secret\"").build())
            .build();
    assertThat(Training.of(sound).experiment()).isEqualTo(sound);
  }
}
