package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.tools.RecordIoWriter;
import ffc.runs.record.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The quick start as it is shipped, on some of its images in Parquet files in place of the pack;
 * {@code bench/parquet_fixtures.py} took them out of that.
 */
class ParquetTrainingTest {
  private static final String PACK = "../data/quickstart/open.rec";
  private static final Path TABLES = Path.of("src/test/resources/parquet");
  private static final int IDENTITIES = 40;

  @TempDir Path temp;

  private List<String> losses(String run, String format, String path) throws IOException {
    StoredRun.Outcome outcome =
        ffc(
            "train",
            "../configs/quickstart.yaml",
            "--out=" + temp.resolve(run),
            "--set=data.train.format=" + format,
            "--set=data.train.path=" + path,
            "--set=data.idsPerBatch=16",
            "--set=data.instancesPerBatch=16",
            "--set=data.workers=2",
            "--set=evaluate=[]",
            "--set=run.steps=4",
            "--set=run.reportEvery=1");
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    return JsonLines.read(temp.resolve(run).resolve("steps.jsonl")).stream()
        .map(line -> line.path("step") + " " + line.path("loss"))
        .toList();
  }

  @Test
  void tablesGiveTheLossesOfThePackThatHoldsTheSame() throws IOException {
    Path same = temp.resolve("same.rec");
    try (Dataset data = DataSets.open(new DataConfig.Source("recordio", PACK));
        RecordIoWriter pack = new RecordIoWriter(same, IDENTITIES)) {
      for (int identity = 0; identity < IDENTITIES; identity++) {
        pack.identity();
        for (long i = data.firstImage(identity); i < data.firstImage(identity + 1); i++) {
          pack.image(data.encoded(i));
        }
      }
      pack.commit(32, 32);
    }
    List<String> pack = losses("pack", "recordio", same.toString());
    assertThat(pack).hasSize(4).doesNotHaveDuplicates();
    assertThat(losses("folder", "parquet", TABLES.toString())).isEqualTo(pack);
    String named = TABLES + "/train-*.parquet:image:label";
    assertThat(losses("named", "parquet", named)).isEqualTo(pack);
    Path index = temp.resolve("made-index");
    assertThat(ffc("data", "index", TABLES.toString(), "--out=" + index).code()).isZero();
    assertThat(losses("index", "index", index.toString())).isEqualTo(pack);
  }

  @Test
  void commandsKnowTablesByTheirNamesAndRefuseBadOnesBeforeAnythingIsMade() throws IOException {
    StoredRun.Outcome stats = ffc("data", "stats", TABLES.toString());
    assertThat(stats.code()).as(stats.toString()).isZero();
    assertThat(stats.toString()).contains("identities  40", "images      340");
    assertThat(ffc("data", "verify", TABLES.toString()).code()).isZero();
    StoredRun.Outcome plan =
        ffc(
            "plan",
            "../configs/quickstart.yaml",
            "--set=data.train.format=parquet",
            "--set=data.train.path=" + TABLES);
    assertThat(plan.toString()).contains("unpacked pages");
    Path cut = temp.resolve("cut.parquet");
    byte[] whole = Files.readAllBytes(TABLES.resolve("train-00000-of-00002.parquet"));
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length / 2));
    Path out = temp.resolve("out");
    for (List<String> command :
        List.of(
            List.of("data", "index", cut.toString(), "--out=" + out),
            List.of("data", "relabel", cut.toString(), "--out=" + out),
            List.of(
                "train",
                "../configs/quickstart.yaml",
                "--out=" + out,
                "--set=evaluate=[]",
                "--set=data.train.format=parquet",
                "--set=data.train.path=" + cut))) {
      StoredRun.Outcome refused = ffc(command.toArray(String[]::new));
      assertThat(refused.code()).as(refused.toString()).isEqualTo(2);
      assertThat(refused.toString()).contains("does not end as Parquet files do: it was cut");
      assertThat(out).doesNotExist();
    }
  }
}
