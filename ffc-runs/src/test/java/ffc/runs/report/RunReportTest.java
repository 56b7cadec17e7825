package ffc.runs.report;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.record.Manifest;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunRecorder;
import ffc.runs.record.ScriptedRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
  private static final String TRAIN = "data.train.path=../data/quickstart/train.rec";
  private static final String OPEN = "evaluate.0.path=../data/quickstart/open.rec";

  @TempDir Path temp;
  private Path folder;
  private Experiment experiment;

  @BeforeEach
  void recordARun() throws Exception {
    folder = temp.resolve("run");
    experiment =
        new ConfigLoader().load(Path.of("../configs/quickstart.yaml"), List.of(OPEN, TRAIN), false);
    try (RunDirectory run = RunDirectory.create(folder);
        RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
      run.writeConfig(experiment);
      new Manifest(
              "0.1.0",
              "0.35.1",
              "2.7.1",
              Path.of("lib"),
              "ffc train <x>",
              Path.of(".."),
              Map.of("train", "f0"),
              "")
          .write(run.file("manifest.json"), 0, Instant.EPOCH, line -> {});
      new ScriptedRun(0, 400, 400, 20).play(recorder, run.checkpoints());
    }
  }

  @Test
  void holdsFiguresChartsNeighboursAndConfigWithoutAnythingFromOutside() throws Exception {
    String html = report();

    assertThat(html)
        .contains("<h1>quickstart</h1>", "method ffc, finished at step 400")
        .contains("TAR@FAR=1e-3", "rank-1", "images/s", "Predicted memory")
        .contains(">measured: peak of the process</th>", ">1,100.0 MB</td>")
        .doesNotContain("peak of the GPU")
        .contains(
            "<h3>Loss</h3>",
            "ROC on open",
            "Figures on open",
            "Group fill",
            "Replacement",
            "Slot age")
        .contains("Scores on open", "CMC on open", "Accuracy by stratum on open", "100 IDs")
        .contains("Learning rate", "Gradient norm", "Waiting for data", "Memory", "Throughput")
        .contains("ffc train &lt;x&gt;")
        .contains("galleryMomentum: 0.9");
    assertThat(html.split("data:image/png;base64,", -1)).hasSize(1 + 12 * 6 + 1);
    assertThat(html).contains("<h3>Augmentation</h3>");
    assertThat(html.split("<div class=\"same\"", -1)).hasSize(1 + 12 * 3 + 4);
    assertThat(html)
        .doesNotContain("http://", "https://", "@import", "url(", "src=\"/")
        .as("self-contained");
    assertThat(html).doesNotContain("NaN", "Infinity");
  }

  @Test
  void theDeviationOfAnAccuracyStandsBesideItOnly() throws Exception {
    Files.writeString(
        folder.resolve("evaluations.jsonl"),
        "{\"step\":400,\"set\":\"pairs\",\"figures\":{\"accuracy_mean\":0.98,\"accuracy_std\":0.004}}\n",
        StandardOpenOption.APPEND);

    assertThat(report()).contains("accuracy ± 0.0040").doesNotContain("<span>accuracy, deviation");
  }

  @Test
  void servesARunThatHasOnlyBegun() throws Exception {
    for (String file : List.of("summary.json", "evaluations.jsonl", "steps.jsonl")) {
      Files.delete(folder.resolve(file));
    }

    assertThat(report()).contains("cut off at step 0").doesNotContain("<figure", "NaN");
  }

  @Test
  void leavesThePicturesOutWhenTheSetIsGone() throws Exception {
    RunReport report = new RunReport(RunFiles.read(folder), (set, image) -> null);

    assertThat(report.html()).contains("ROC on open").doesNotContain("data:image");
  }

  private String report() throws Exception {
    try (DatasetPictures pictures = new DatasetPictures(experiment)) {
      Path file = new RunReport(RunFiles.read(folder), pictures).write();
      if (System.getProperty("ffc.keepReport") != null) {
        Files.copy(
            file,
            Path.of(System.getProperty("ffc.keepReport")),
            java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
      return Files.readString(file);
    }
  }
}
