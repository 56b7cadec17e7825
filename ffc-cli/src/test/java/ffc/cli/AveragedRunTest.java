package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.Json;
import ffc.runs.record.JsonLines;
import ffc.runs.record.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    assertThat(outcome.err()).contains("holds no ema network; the run had no run.ema so far");
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
