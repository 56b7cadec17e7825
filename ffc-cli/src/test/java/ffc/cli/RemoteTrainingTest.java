package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The quick start as it is shipped, its packs behind addresses. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class RemoteTrainingTest {
  private static final Path PACKS = Path.of("../data/quickstart");

  @TempDir Path temp;
  private RangeServer server;

  @BeforeEach
  void serve() throws IOException {
    server = new RangeServer(PACKS, 5);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String[] options(Path run, String train, String open, String pairs) {
    return new String[] {
      "--out=" + run,
      "--set=data.train.path=" + train,
      "--set=evaluate.0.path=" + open,
      "--set=evaluate.1.path=" + pairs,
      "--set=evaluate.0.images=500",
      "--set=evaluate.1.images=500",
      "--set=run.steps=6",
      "--set=run.reportEvery=1",
      "--set=run.checkpointEvery=2",
      "--set=run.threads=1",
      "--set=run.device=cpu"
    };
  }

  private TrainingProcess start(String... options) throws IOException {
    Path config = Path.of("../configs/quickstart.yaml").toAbsolutePath();
    return TrainingProcess.start(temp, config, options);
  }

  private static List<String> records(Path run, String file, String... fields) throws IOException {
    return JsonLines.read(run.resolve(file)).stream()
        .map(line -> Stream.of(fields).map(field -> field + line.path(field)).toList().toString())
        .toList();
  }

  private static List<String> losses(Path run) throws IOException {
    return records(run, "steps.jsonl", "step", "loss", "terms", "gradient_norm");
  }

  @Test
  void aTrainingFromAnAddressThatIsKilledAndResumedHasTheLossesOfOneFromTheDisk() throws Exception {
    Path local = temp.resolve("local");
    Path packs = PACKS.toAbsolutePath().normalize();
    TrainingProcess fromDisk =
        start(
            options(
                local,
                packs.resolve("train.rec").toString(),
                packs.resolve("open.rec").toString(),
                packs.resolve("open.bin").toString()));
    assertThat(fromDisk.finish()).as(fromDisk.text()).isZero();

    Path remote = temp.resolve("remote");
    String[] options =
        options(
            remote,
            server.address("train.rec"),
            server.address("open.rec"),
            server.address("open.bin"));
    try (TrainingProcess killed = start(options)) {
      killed.awaitStep(4);
      killed.kill();
    }
    TrainingProcess resumed =
        start(Stream.concat(Stream.of("--resume"), Stream.of(options)).toArray(String[]::new));
    assertThat(resumed.finish()).as(resumed.text()).isZero();

    assertThat(losses(remote)).hasSize(6).isEqualTo(losses(local));
    assertThat(records(remote, "evaluations.jsonl", "set", "figures"))
        .hasSize(2)
        .isEqualTo(records(local, "evaluations.jsonl", "set", "figures"));
    assertThat(remote.resolve("config.resolved.yaml")).content().contains(server.address(""));
    assertThat(server.answers()).isGreaterThan(20);
  }

  @Test
  void commandsTakeAddressesInPlaceOfPaths() throws IOException {
    StoredRun.Outcome remote = ffc("data", "stats", server.address("open.rec"));
    StoredRun.Outcome local = ffc("data", "stats", PACKS.resolve("open.rec").toString());
    assertThat(remote.code()).as(remote.toString()).isZero();
    assertThat(remote.out().replace(server.address("open.rec"), "PACK"))
        .isEqualTo(local.out().replace(PACKS.resolve("open.rec").toString(), "PACK"));

    Path index = temp.resolve("made-index");
    StoredRun.Outcome indexed = ffc("data", "index", server.address("open.rec"), "--out=" + index);
    assertThat(indexed.code()).as(indexed.toString()).isZero();
    assertThat(ffc("data", "verify", index.toString()).code()).isZero();
    assertThat(ffc("data", "verify", server.address("open.rec")).code()).isZero();
  }

  @Test
  void theBlocksInMemoryArePartOfThePlan() {
    String config = "../configs/quickstart.yaml";
    StoredRun.Outcome plan =
        ffc("plan", config, "--set=data.train.path=" + server.address("train.rec"));
    assertThat(plan.code()).as(plan.toString()).isZero();
    assertThat(plan.out()).contains("remote blocks");
    assertThat(ffc("plan", config, "--set=data.train.path=" + PACKS + "/train.rec").out())
        .doesNotContain("remote blocks");
  }

  @Test
  void whatCannotBeReadIsRefusedInOneLineBeforeAnythingIsMade() throws IOException {
    String folder = server.address("pictures");
    for (String[] refused :
        new String[][] {
          {"recordio", server.address("none.rec"), "no such file or folder: "},
          {"folder", folder, folder + ": format folder is read from disks alone"},
          {
            "recordio",
            server.address("train.rec").replace("http://", "http://user:geheim@"),
            "holds a user, query or mark (#), which records would show"
          },
          {"recordio", server.address("train.rec?sig=geheim"), "FFC_HTTP_ACCESS"},
        }) {
      Path out = temp.resolve("run");
      StoredRun.Outcome outcome =
          ffc(
              "train",
              "../configs/quickstart.yaml",
              "--out=" + out,
              "--set=evaluate=[]",
              "--set=data.train={format: " + refused[0] + ", path: \"" + refused[1] + "\"}");
      assertThat(outcome.code()).as(outcome.toString()).isEqualTo(2);
      assertThat(outcome.err().strip())
          .contains(refused[2])
          .doesNotContain("\n")
          .doesNotContain("geheim");
      assertThat(Files.exists(out)).isFalse();
    }
    StoredRun.Outcome index =
        ffc("data", "index", server.address("none.rec"), "--out=" + temp.resolve("index"));
    assertThat(index.code()).isEqualTo(2);
    assertThat(index.err().strip()).contains("no such file").doesNotContain("\n");
    assertThat(temp.toFile().list()).isEmpty();
  }
}
