package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.runs.record.Json;
import ffc.runs.record.JsonLines;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Several trainers as real processes, against one with the same global batch. */
@Tag("slow")
@Tag("faults")
@Tag("long")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClusterTrainingTest {
  private static final int STEPS = 40;
  private static final String CONFIG =
      """
      name: tiny
      seed: 3
      data:
        train: {format: recordio, path: %s}
        idsPerBatch: %d
        instancesPerBatch: %d
        augment: {flip: false, shift: 2}
      model:
        {backbone: iresnet, input: [1, 32, 32], layers: [1, 1], widths: [4, 8], embedding: 16,
         freezeBatchNorm: true}
      method: {type: ffc, capacity: 40, galleryMomentum: 0.9}
      optimizer: {learningRate: 0.05, nesterov: true, clipNorm: 5, schedule: {type: cosine}}
      run: {steps: %d, reportEvery: 1, checkpointEvery: 10, threads: 1, device: cpu}
      """;

  @TempDir Path temp;
  private final Random random = new Random();
  private Path share;
  private Path whole;

  @BeforeEach
  void writeConfigs() throws IOException {
    Path data = Path.of("../data/quickstart/train.rec").toAbsolutePath().normalize();
    whole = Files.writeString(temp.resolve("whole.yaml"), CONFIG.formatted(data, 12, 12, STEPS));
    share = Files.writeString(temp.resolve("share.yaml"), CONFIG.formatted(data, 4, 4, STEPS));
  }

  @Test
  void threeTrainersRepeatTheLossesOfOneAlsoWhenOneAndThenTheFirstIsKilled() throws Exception {
    Path alone = temp.resolve("alone");
    assertThat(start(whole, "--out", alone.toString()).finish()).isZero();

    Path together = temp.resolve("together");
    try (TrainingProcess run =
        start(share, "--trainers", "3", port(), "--out", together.toString())) {
      assertThat(run.finish()).as(run.text()).isZero();
      boolean bridge = System.getenv("PYTORCH_LIBRARY_PATH") != null;
      assertThat(run.text().contains("gradients are added up by gloo")).isEqualTo(bridge);
    }
    assertSame(together, alone);
    assertSame(together.resolve("rank-1"), alone);
    assertThat(together.resolve("rank-1/checkpoints")).doesNotExist();

    Path killed = temp.resolve("killed");
    try (TrainingProcess run =
        start(share, "--trainers", "3", port(), "--out", killed.toString())) {
      run.awaitStep(2 + random.nextInt(10));
      run.killRank(1 + random.nextInt(2));
      run.awaitStep(STEPS / 2);
      run.killRank(0);
      assertThat(run.finish()).as(run.text()).isZero();
      assertThat(run.text()).contains("rank 0 was killed (exit code 137); starting it again");
    }
    assertSame(killed, alone);
    assertThat(Json.parse(Files.readString(killed.resolve("summary.json"))).path("images").asLong())
        .isEqualTo(STEPS * 36L);
  }

  /** Batch norm learns, by each trainer's own images, and the gallery's statistics move. */
  @Test
  void underTheDefaultsKillsLeaveTheSameLossesToTheLastBit() throws Exception {
    Path defaults =
        Files.writeString(
            temp.resolve("defaults.yaml"),
            Files.readString(share).replace(",\n   freezeBatchNorm: true", ""));
    assertThat(defaults).content().doesNotContain("freeze");
    Path unbroken = temp.resolve("unbroken");
    String often = "--set=cluster.hashEvery=1";
    try (TrainingProcess run =
        start(defaults, "--trainers", "3", port(), often, "--out", unbroken.toString())) {
      assertThat(run.finish()).as(run.text()).isZero();
    }
    Path killed = temp.resolve("killed");
    try (TrainingProcess run =
        start(defaults, "--trainers", "3", port(), often, "--out", killed.toString())) {
      run.awaitStep(2 + random.nextInt(10));
      run.killRank(1 + random.nextInt(2));
      run.awaitStep(STEPS / 2);
      run.killRank(0);
      assertThat(run.finish()).as(run.text()).isZero();
    }
    List<JsonNode> wanted = JsonLines.read(unbroken.resolve("steps.jsonl"));
    for (JsonNode line : JsonLines.read(killed.resolve("steps.jsonl"))) {
      int step = line.path("step").asInt();
      assertThat(line.path("loss")).as("step " + step).isEqualTo(wanted.get(step - 1).path("loss"));
    }
  }

  @Test
  void whenOneOfThreeIsLostTheTwoGoOnAsARunOfThreeThatIsResumedWithTwo() throws Exception {
    int steps = 3 * STEPS;
    List<TrainingProcess> trainers =
        startThree(share, "--set=run.steps=" + steps, "--set=cluster.onLoss=shrink");
    try (TrainingProcess first = trainers.get(0);
        TrainingProcess second = trainers.get(1);
        TrainingProcess lost = trainers.get(2)) {
      lost.awaitStep(5);
      lost.kill();
      finishBoth(first, second);
    }
    int three = 0;
    for (JsonNode line : JsonLines.read(temp.resolve("trainer-0/steps.jsonl"))) {
      three += line.path("statistics").path("trainers").asInt() == 3 ? 1 : 0;
    }
    assertThat(three).isBetween(5, steps - 1);
    Path resumed = resumedWithTwo(share, three, steps);
    for (int rank = 0; rank < 2; rank++) {
      assertSame(temp.resolve("trainer-" + rank), resumed.resolve("steps.jsonl"), steps);
    }
  }

  private List<TrainingProcess> startThree(Path config, String... options) throws IOException {
    return startAll(config, freePorts(3), options);
  }

  private List<TrainingProcess> startAll(Path config, List<String> members, String... options)
      throws IOException {
    List<TrainingProcess> trainers = new ArrayList<>();
    for (int rank = 0; rank < members.size(); rank++) {
      trainers.add(start(config, ofRank(rank, members, options)));
    }
    return trainers;
  }

  /** Both are read at once: one that cannot write its lines stops. */
  private static void finishBoth(TrainingProcess first, TrainingProcess second) throws Exception {
    FutureTask<Integer> ended = new FutureTask<>(second::finish);
    new Thread(ended, "reader of the second").start();
    assertThat(first.finish()).as(first.text()).isZero();
    assertThat(ended.get()).as(second.text()).isZero();
  }

  /** A run of three trainers up to a step, that goes on with two. */
  private Path resumedWithTwo(Path config, int three, int steps) throws Exception {
    Path resumed = temp.resolve("resumed");
    String schedule = "--set=optimizer.schedule.steps=" + steps;
    for (int n = 3; n >= 2; n--) {
      try (TrainingProcess run =
          start(
              config,
              "--trainers=" + n,
              "--set=run.steps=" + (n == 3 ? three : steps),
              schedule,
              port(),
              "--out=" + resumed,
              n == 3 ? schedule : "--resume")) {
        assertThat(run.finish()).as(run.text()).isZero();
      }
    }
    return resumed;
  }

  /** The class centres are dealt out, so what a trainer held is gone with it. */
  @Test
  void trainersOfPartialFcRepeatTheLossesOfOneAndGoBackToTheCheckpointWhenOneIsKilled()
      throws Exception {
    Path wholePfc = partialFc(whole, 12);
    Path half = partialFc(whole, 6);
    Path alone = temp.resolve("alone");
    assertThat(start(wholePfc, "--out", alone.toString()).finish()).isZero();

    Path together = temp.resolve("together");
    try (TrainingProcess run =
        start(half, "--trainers", "2", port(), "--out", together.toString())) {
      assertThat(run.finish()).as(run.text()).isZero();
      assertThat(run.text()).doesNotContain("going back");
    }
    assertSame(together, alone);
    assertSame(together.resolve("rank-1"), alone);
    assertThat(together.resolve("rank-1/checkpoints")).doesNotExist();

    Path killed = temp.resolve("killed");
    try (TrainingProcess run = start(half, "--trainers", "2", port(), "--out", killed.toString())) {
      run.awaitStep(2 + random.nextInt(16));
      run.killRank(1);
      run.awaitStep(STEPS / 2 + random.nextInt(8));
      run.killRank(0);
      assertThat(run.finish()).as(run.text()).isZero();
      assertThat(run.text()).contains("no one else has its class centres: going back from");
    }
    assertSame(killed, alone);
    assertSame(killed.resolve("rank-1"), alone);
    assertThat(Json.parse(Files.readString(killed.resolve("summary.json"))).path("images").asLong())
        .isEqualTo(STEPS * 36L);
  }

  @Test
  void whenOneOfThreeOfPartialFcIsLostTheTwoGoOnFromTheCheckpoint() throws Exception {
    int steps = 4 * STEPS;
    String[] options = {"--set=run.steps=" + steps, "--set=cluster.onLoss=shrink"};
    List<TrainingProcess> trainers = startThree(partialFc(share, 4), options);
    try (TrainingProcess first = trainers.get(0);
        TrainingProcess second = trainers.get(1);
        TrainingProcess lost = trainers.get(2)) {
      lost.awaitStep(12 + random.nextInt(6));
      lost.kill();
      finishBoth(first, second);
      Matcher back =
          Pattern.compile("going back from step [0-9]+ to the checkpoint of step ([0-9]+)")
              .matcher(first.text());
      assertThat(back.find()).as(first.text()).isTrue();
      Path resumed = resumedWithTwo(partialFc(share, 4), Integer.parseInt(back.group(1)), steps);
      for (int rank = 0; rank < 2; rank++) {
        assertSame(temp.resolve("trainer-" + rank), resumed.resolve("steps.jsonl"), steps);
      }
    }
  }

  /** The other two make its last steps again meanwhile, with other losses. */
  @Test
  void aTrainerOfPartialFcThatWasAwayKeepsNoLineOfStepsThatTheOthersHaveMadeAgain()
      throws Exception {
    String[] options = {"--set=run.steps=" + 6 * STEPS, "--set=cluster.onLoss=shrink"};
    List<String> members = freePorts(3);
    Path config = partialFc(share, 4);
    List<TrainingProcess> trainers = startAll(config, members, options);
    try (TrainingProcess first = trainers.get(0);
        TrainingProcess second = trainers.get(1);
        TrainingProcess lost = trainers.get(2)) {
      lost.awaitStep(16);
      lost.kill();
      first.awaitLine("a trainer was lost");
      first.awaitStep(30); // later than what it goes back to when the third has come
      try (TrainingProcess back = start(config, ofRank(2, members, with(options, "--resume")))) {
        back.awaitLine("resuming after step ");
        finishBoth(second, back);
        assertThat(first.finish()).as(first.text()).isZero();
        assertThat(back.text())
            .containsPattern(
                "set aside what the run had after step 10, as the others have made those steps"
                    + " again: [0-9]+ later lines of steps.jsonl");
      }
    }
    List<JsonNode> wanted = JsonLines.read(temp.resolve("trainer-0/steps.jsonl"));
    for (JsonNode line : JsonLines.read(temp.resolve("trainer-2/steps.jsonl"))) {
      int step = line.path("step").asInt();
      assertThat(line.path("loss")).as("step " + step).isEqualTo(wanted.get(step - 1).path("loss"));
    }
  }

  private static String[] with(String[] options, String more) {
    return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
  }

  /** Others have no checkpoint before they have been first themselves. */
  @Test
  void whenTheFirstOfThreeOfPartialFcIsLostTheOthersSayWhatToDo() throws Exception {
    String[] options = {"--set=run.steps=" + 4 * STEPS, "--set=cluster.onLoss=shrink"};
    List<TrainingProcess> trainers = startThree(partialFc(share, 4), options);
    try (TrainingProcess lost = trainers.get(0);
        TrainingProcess second = trainers.get(1);
        TrainingProcess third = trainers.get(2)) {
      lost.awaitStep(12);
      lost.kill();
      for (TrainingProcess other : List.of(second, third)) {
        assertThat(other.finish()).as(other.text()).isEqualTo(1);
        assertThat(other.text()).contains("start rank 0 with --resume, and the others");
      }
    }
  }

  /** At a small rate: fresh class centres are short, so that rounding grows with long steps. */
  private Path partialFc(Path config, int images) throws IOException {
    return Files.writeString(
        temp.resolve("partial-fc-" + images + ".yaml"),
        Files.readString(config)
            .replaceAll(": (4|12)\n", ": " + images + "\n")
            .replace("learningRate: 0.05", "learningRate: 0.01")
            .replace(
                "{type: ffc, capacity: 40, galleryMomentum: 0.9}",
                "{type: partial-fc, sampleRate: 0.1}"));
  }

  @Test
  void aTrainerWithAnotherConfigIsRefused() throws Exception {
    List<String> members = freePorts(2);
    try (TrainingProcess first = start(share, ofRank(0, members))) {
      first.awaitLine("cluster: 1 of 2 trainers are there"); // the younger member is refused
      TrainingProcess second = start(share, ofRank(1, members, "--set=seed=4"));
      assertThat(second.finish()).isEqualTo(2);
      assertThat(first.internetSockets()).as("members talk over the network").isNotEmpty();
      assertThat(second.text()).contains("does not fit: seed is 3 there, 4 here");
      assertThat(second.text()).doesNotContain("\tat ");
      first.kill();
    }
  }

  @Test
  void anInterruptWhileTrainersAreWaitedForLeavesSummaryAndReport() throws Exception {
    try (TrainingProcess run = start(share, ofRank(0, freePorts(2)))) {
      run.awaitLine("cluster: 1 of 2 trainers are there, missing rank 1");
      int before = run.text().length();
      int exitCode = run.interrupt();
      assertThat(run.finish()).as(run.text()).isEqualTo(exitCode);
      assertThat(run.text().substring(before))
          .contains(
              "ffc: stopping before the first step ",
              "stopped after 0 steps, 0 images; ",
              "report ")
          .doesNotContain("Exception");
    }
    Path out = temp.resolve("trainer-0");
    assertThat(out.resolve("summary.json")).content().contains("\"steps\" : 0");
    assertThat(out.resolve("report.html")).isNotEmptyFile();
  }

  /** Addresses that were free. */
  private static List<String> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    }
    List<String> addresses = new ArrayList<>();
    for (ServerSocket socket : sockets) {
      addresses.add("127.0.0.1:" + socket.getLocalPort());
      socket.close();
    }
    return addresses;
  }

  /** Options of one trainer of several, each started by itself. */
  private String[] ofRank(int rank, List<String> members, String... more) {
    String address = members.get(rank);
    List<String> options =
        new ArrayList<>(
            List.of(
                "--trainers=" + members.size(),
                "--rank=" + rank,
                "--set=cluster.members=[" + String.join(",", members) + "]",
                "--set=cluster.port=" + address.substring(address.indexOf(':') + 1),
                "--out=" + temp.resolve("trainer-" + rank)));
    options.addAll(List.of(more));
    return options.toArray(String[]::new);
  }

  /** Ports away from those of other runs on the machine; if one is taken, others are chosen. */
  private String port() {
    return "--set=cluster.port=" + (15_000 + random.nextInt(10_000));
  }

  private TrainingProcess start(Path config, String... options) throws IOException {
    return TrainingProcess.start(temp, config, options);
  }

  private static void assertSame(Path run, Path alone) throws IOException {
    assertSame(run, alone.resolve("steps.jsonl"), STEPS);
  }

  private static void assertSame(Path run, Path aloneSteps, int steps) throws IOException {
    List<JsonNode> wanted = JsonLines.read(aloneSteps);
    List<Integer> seen = new ArrayList<>();
    for (JsonNode line : JsonLines.read(run.resolve("steps.jsonl"))) {
      int step = line.path("step").asInt();
      seen.add(step);
      double loss = wanted.get(step - 1).path("loss").asDouble();
      assertThat(line.path("loss").asDouble())
          .as(run + " step " + step)
          .isCloseTo(loss, within(1e-5 * Math.max(1, loss)));
      assertThat(line.path("epoch")).isEqualTo(wanted.get(step - 1).path("epoch"));
    }
    assertThat(seen).contains(1, steps).isSorted().doesNotHaveDuplicates();
  }
}
