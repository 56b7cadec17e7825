package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import ffc.runs.record.Json;
import ffc.runs.record.JsonLines;
import ffc.runs.record.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Averages of a run's networks as a user sees them, by commands. */
class AveragedRunTest extends ShortRuns {
  private static final Path DATA = StoredRun.FOLDER.resolve("data/train.rec");
  private static final String OPEN =
      "--set=evaluate=[{name: open, format: recordio, path: " + DATA + "}]";

  /** A run of 6 steps with checkpoints of steps 2, 4 and 6. */
  private Path averaged(String... more) {
    Path run = temp.resolve("averaged");
    String[] all = new String[more.length + 3];
    all[0] = "--set=run.checkpointEvery=2";
    all[1] = "--set=run.ema=0.9";
    all[2] = OPEN;
    System.arraycopy(more, 0, all, 3, more.length);
    StoredRun.Outcome outcome = train(run, all);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out()).contains("  open: ", "  open@ema: ");
    return run;
  }

  private static JsonNode evaluation(Path run, String set) throws IOException {
    return JsonLines.read(run.resolve("evaluations.jsonl")).stream()
        .filter(line -> line.path("set").asString().equals(set))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theAverageIsJudgedBesideTheProbeMayBeTheBestAndIsEvaluatedAsTheRunDid() throws IOException {
    Path run = averaged("--set=run.best=open@ema.map_at_r");
    assertThat(run.resolve("checkpoints/best/ema.safetensors")).exists();
    JsonNode probe = evaluation(run, "open").path("figures");
    JsonNode average = evaluation(run, "open@ema").path("figures");
    assertThat(average).isNotEqualTo(probe);
    assertThat(Files.readString(run.resolve("report.html"))).contains("open@ema");
    assertThat(RunDirectory.config(run).evaluate()).hasSize(1);

    Path json = temp.resolve("ema.json");
    StoredRun.Outcome outcome =
        ffc(
            "eval",
            "--checkpoint",
            run.toString(),
            "--net=ema",
            "--data",
            DATA.toString(),
            "--json",
            json.toString());
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    for (String figure : new String[] {"rank1", "map_at_r"}) {
      assertThat(Json.parse(Files.readString(json)).path(figure).asDouble())
          .isEqualTo(average.path(figure).asDouble());
    }
    outcome =
        ffc(
            "export",
            "--checkpoint",
            run.toString(),
            "--net=ema",
            "--out",
            temp.resolve("ema.safetensors").toString());
    assertThat(outcome.out()).as(outcome.toString()).contains("ema.safetensors: ema, ");
  }

  @Test
  void aRunWithoutAnAverageSaysSoWhereOneIsAskedFor() {
    StoredRun.Outcome outcome =
        ffc(
            "export",
            "--checkpoint",
            trained().toString(),
            "--net=ema",
            "--out",
            temp.resolve("x.safetensors").toString());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("holds no ema network; it was written without run.ema");
  }

  @Test
  void theMeanOfTheLastCheckpointsIsThatOfTheirArrays() throws IOException {
    Path run = averaged();
    Map<String, double[]> sums = new LinkedHashMap<>();
    for (int step : new int[] {4, 6}) {
      arrays(run.resolve("checkpoints/step-0000000" + step + "/probe.safetensors"))
          .forEach(
              (name, array) -> {
                float[] values = array.toFloats();
                double[] sum = sums.computeIfAbsent(name, key -> new double[values.length]);
                for (int i = 0; i < sum.length; i++) {
                  sum[i] += values[i];
                }
              });
    }
    Path file = temp.resolve("mean.safetensors");
    StoredRun.Outcome outcome =
        ffc("export", "--checkpoint", run.toString(), "--average=2", "--out", file.toString());
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out()).contains(": probe, mean of step-00000004 step-00000006, ");
    Map<String, HostTensor> mean = arrays(file);
    assertThat(sums).containsKeys("bn1.running_mean", "bn1.running_var", "conv1.weight");
    sums.forEach(
        (name, sum) -> {
          float[] values = mean.get(name).toFloats();
          assertThat(values).hasSize(sum.length);
          for (int i = 0; i < sum.length; i++) {
            assertThat(values[i]).as(name).isEqualTo((float) (sum[i] / 2));
          }
        });

    String[] eval = {"eval", "--checkpoint", run.toString(), "--data", DATA.toString()};
    String last = ffc(eval).out();
    String[] more = Arrays.copyOf(eval, eval.length + 2);
    more[eval.length] = "--average=3";
    more[eval.length + 1] = "--net=ema";
    String three = ffc(more).out();
    assertThat(three).contains("step-00000006, ema, mean of the last 3  ").isNotEqualTo(last);
  }

  private static Map<String, HostTensor> arrays(Path file) throws IOException {
    return Safetensors.read(file).tensors();
  }

  @Test
  void aMeanOfMoreCheckpointsThanThereAreOrOfOneThatIsNamedIsRefused() {
    Path run = trained();
    Path file = temp.resolve("x.safetensors");
    String checkpoint = run.resolve("checkpoints/step-00000004").toString();
    for (String[] refused :
        new String[][] {
          {
            run.toString(), "4", "got 4, but " + run + " has 3 checkpoints (run.keepCheckpoints: 3)"
          },
          {run.toString(), "1", "--average: got 1, wanted at least 2"},
          {checkpoint, "2", "got the checkpoint " + checkpoint + "; wanted --checkpoint " + run}
        }) {
      StoredRun.Outcome outcome =
          ffc(
              "export",
              "--checkpoint",
              refused[0],
              "--average",
              refused[1],
              "--out",
              file.toString());
      assertThat(outcome.code()).as(outcome.toString()).isEqualTo(2);
      assertThat(outcome.err()).hasLineCount(1).contains(refused[2]);
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void embeddingsThatAreKeptAreThoseOfTheMean() throws IOException {
    Path run = averaged();
    String[] search = {"search", "--checkpoint", run.toString(), "--gallery", DATA.toString()};
    assertThat(ffc(search).code()).isZero();
    String[] mean = Arrays.copyOf(search, search.length + 1);
    mean[search.length] = "--average=2";
    for (int kept = 2; kept <= 3; kept++) {
      mean[search.length] = "--average=" + kept;
      StoredRun.Outcome outcome = ffc(mean);
      assertThat(outcome.code()).as(outcome.toString()).isZero();
    }
    assertThat(names(run.resolve("search"))).hasSizeGreaterThanOrEqualTo(3);
    StoredRun.Outcome clusters =
        ffc("cluster", "--checkpoint", run.toString(), "--average=2", DATA.toString());
    assertThat(clusters.code()).isEqualTo(2);
    assertThat(clusters.err())
        .isEqualTo(
            "--average: no evaluation of a mean of checkpoints tells which score is rare; give"
                + " --threshold COSINE\n");
  }

  @Test
  void aResumeSaysWhatBecomesOfTheAverage() {
    Path run = averaged();
    String mark = "run.ema";
    assertThat(goOn(run, 7)).doesNotContain(mark);
    assertThat(goOn(run, 8, "--set=run.ema=0.5"))
        .containsOnlyOnce("run.ema was 0.9, now 0.5: the average goes on with that decay");
    Path checkpoint = run.resolve("checkpoints/step-00000008");
    assertThat(goOn(run, 9, "--set=run.ema="))
        .containsOnlyOnce("run.ema is absent: the average of " + checkpoint + " ends here")
        .doesNotContain("open@ema");
    checkpoint = run.resolve("checkpoints/step-00000009");
    assertThat(checkpoint.resolve("ema.safetensors")).doesNotExist();
    assertThat(goOn(run, 10, "--set=run.ema=0.9"))
        .containsOnlyOnce("run.ema: no average in " + checkpoint + ": it begins with the probe")
        .contains("open@ema");
  }

  private static String goOn(Path run, int steps, String... more) {
    String[] all = new String[more.length + 4];
    all[0] = "train";
    all[1] = "--resume";
    all[2] = run.toString();
    all[3] = "--set=run.steps=" + steps;
    System.arraycopy(more, 0, all, 4, more.length);
    StoredRun.Outcome outcome = ffc(all);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    return outcome.out();
  }
}
