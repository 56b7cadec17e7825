package ffc.runs.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.train.Observers;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.record.Json;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunRecorder;
import ffc.runs.record.ScriptedRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class WatchServerTest {
  private static final Pattern SAMPLE =
      Pattern.compile(
          "([a-zA-Z_][a-zA-Z0-9_]*)((?:\\{[a-z]+=\"[^\"]*\"(?:,[a-z]+=\"[^\"]*\")*})?) (\\S+)");

  @TempDir Path temp;
  private LiveRun live;
  private WatchServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void serve() {
    live = new LiveRun("glyphs \"x\"", "ffc", temp, Clock.systemUTC());
    server = WatchServer.open(0, live);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void isOffUnlessAPortIsSet() {
    assertThat(
            new ConfigLoader()
                .load(Path.of("../configs/quickstart.yaml"), List.of(), false)
                .run()
                .metricsPort())
        .isNull();
  }

  @Test
  void listensOnTheLoopbackAddressAlone() throws Exception {
    assertThat(InetAddress.getByName(server.address().getHost()).isLoopbackAddress()).isTrue();
    assertThat(server.address().getPort()).isPositive();
  }

  @Test
  void requestsThatNeverEndDoNotBlockThePage() throws Exception {
    List<Socket> halfSent = new ArrayList<>();
    try {
      for (int i = 0; i < 6; i++) {
        Socket socket = new Socket(server.address().getHost(), server.address().getPort());
        halfSent.add(socket);
        String start = i % 2 == 0 ? "GET / HT" : "GET / HTTP/1.1\r\nHost: localhost\r\n";
        socket.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
      }
      HttpRequest request =
          HttpRequest.newBuilder(server.address()).timeout(Duration.ofSeconds(90)).build();
      assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    } finally {
      for (Socket socket : halfSent) {
        socket.close();
      }
    }
  }

  @Test
  void aPageFromElsewhereCannotReadTheFigures() throws Exception {
    int port = server.address().getPort();
    for (String host : List.of("localhost:" + port, "127.0.0.1", "localhost:9400", "[::1]:9400")) {
      assertThat(statusFor(host)).as(host).isEqualTo("200");
    }
    for (String host : List.of("evil.example", "evil.example:" + port, "127.0.0.1.evil.example")) {
      assertThat(statusFor(host)).as(host).isEqualTo("403");
    }
  }

  private String statusFor(String host) throws IOException {
    try (Socket socket = new Socket(server.address().getHost(), server.address().getPort())) {
      socket
          .getOutputStream()
          .write(
              ("GET /figures.json HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .split(" ")[1];
    }
  }

  @Test
  void answersBeforeTheFirstStep() throws Exception {
    assertThat(get("").statusCode()).isEqualTo(200);
    assertThat(figures(0).path("run").path("state").asString()).isEqualTo("starting");
    assertThat(get("metrics").body()).contains("ffc_step 0\n").doesNotContain("NaN");
  }

  @Test
  void thePageNeedsNothingFromElsewhere() throws Exception {
    HttpResponse<String> page = get("");

    assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
    assertThat(page.body())
        .contains("<style>", "prefers-color-scheme: dark", "page.json")
        .doesNotContain("https://", "src=\"", "@import", "url(");
  }

  @Test
  void metricsAreValidTextWithTheFiguresOfTheRun() throws Exception {
    new ScriptedRun(0, 130, 400, 20).play(live, temp);

    HttpResponse<String> answer = get("metrics");

    assertThat(answer.headers().firstValue("Content-Type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    Map<String, Double> samples = samples(answer.body());
    assertThat(samples)
        .containsEntry("ffc_step", 130.0)
        .containsEntry("ffc_target_steps", 400.0)
        .containsEntry("ffc_loss", ScriptedRun.loss(130))
        .containsEntry("ffc_images_per_second", 900.0)
        .containsEntry("ffc_group_occupied", 200.0)
        .containsEntry("ffc_group_insertions_total", 130 * 77.0)
        .containsEntry("ffc_loss_term{term=\"fresh\"}", terms().get("fresh"))
        .containsEntry("ffc_evaluation_step{set=\"open\"}", 100.0)
        .containsEntry("ffc_evaluation{set=\"open\",figure=\"rank1\"}", 0.97)
        .containsEntry("ffc_checkpoint_step", 100.0)
        .containsKey("ffc_data_wait_share")
        .containsKey("ffc_evaluation{set=\"open\",figure=\"tar_at_far_1e-3\"}");
    assertThat(samples.get("process_resident_memory_bytes")).isGreaterThan(1e6);
    assertThat(answer.body()).contains("name=\"glyphs \\\"x\\\"\"");
  }

  private static Map<String, Double> terms() {
    return new ScriptedRun(0, 130, 400, 20).report(130).terms();
  }

  /** Holds every line against the format: names, one TYPE a metric before its samples. */
  private static Map<String, Double> samples(String text) {
    Map<String, Double> samples = new HashMap<>();
    Set<String> typed = new HashSet<>();
    String current = null;
    for (String line : text.replace("\\\"", "").split("\n")) {
      if (line.startsWith("# TYPE ")) {
        assertThat(line).matches("# TYPE [a-z_0-9]+ (gauge|counter)");
        current = line.split(" ")[2];
        assertThat(typed.add(current)).as(line).isTrue();
      } else if (!line.startsWith("# HELP ")) {
        Matcher sample = SAMPLE.matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        assertThat(sample.group(1)).isEqualTo(current);
        double value = Double.parseDouble(sample.group(3));
        assertThat(samples.put(sample.group(1) + sample.group(2), value)).as(line).isNull();
      }
    }
    assertThat(text).endsWith("\n");
    return samples;
  }

  @Test
  void aLossThatIsNotFiniteIsWrittenAsPrometheusReadsIt() throws Exception {
    live.started(0, 10);
    live.progress(1, Double.NaN, 5);
    assertThat(get("metrics").body()).contains("ffc_loss NaN\n");
    assertThat(figures(0).path("run").has("loss")).isFalse();

    live.progress(2, Double.POSITIVE_INFINITY, 5);
    assertThat(get("metrics").body()).contains("ffc_loss +Inf\n");
  }

  @Test
  void laterAnswersHoldOnlyWhatIsNew() throws Exception {
    live.started(0, 400);
    live.report(script().report(20));
    JsonNode first = figures(0);
    assertThat(steps(first)).containsExactly(20L);

    live.report(script().report(40));
    assertThat(steps(figures(first.path("next").asLong()))).containsExactly(40L);
    assertThat(steps(figures(0))).containsExactly(20L, 40L);
    assertThat(figures(0).path("id")).isEqualTo(first.path("id"));
  }

  @Test
  void onlyTheLastEvaluationOfASetKeepsItsCurveAndNoneItsPictures() throws Exception {
    new ScriptedRun(0, 200, 400, 20).play(live, temp);

    JsonNode evaluations = figures(0).path("evaluations");

    assertThat(evaluations).hasSize(2);
    assertThat(evaluations.get(0).has("roc")).isFalse();
    assertThat(evaluations.get(1).path("roc")).isNotEmpty();
    assertThat(evaluations.get(1).path("figures").path("rank1").asDouble()).isEqualTo(0.97);
    assertThat(evaluations.toString()).doesNotContain("neighbours");
    assertThat(figures(0).path("run").path("state").asString()).isEqualTo("stopped");
  }

  @Test
  void aResumedRunShowsItsEarlierFigures() throws Exception {
    try (RunDirectory run = RunDirectory.create(temp.resolve("run"))) {
      try (RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
        new ScriptedRun(0, 200, 400, 20).play(recorder, temp);
      }
      live = new LiveRun("a", "ffc", run.folder(), Clock.systemUTC());
      try (RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {});
          WatchServer resumed = WatchServer.open(0, live)) {
        new Observers(List.of(recorder, live)).started(100, 400);
        JsonNode json = figures(resumed.address().resolve("figures.json"));

        assertThat(steps(json)).containsExactly(20L, 40L, 60L, 80L, 100L);
        assertThat(json.path("evaluations")).hasSize(1);
        assertThat(json.path("run").path("step").asLong()).isEqualTo(100);
      }
    }
  }

  @Test
  void ofALongRunAnEvenPartIsKept() throws Exception {
    live.started(0, 100_000);
    for (int step = 1; step <= 20_000; step++) {
      live.report(script().report(step));
    }

    List<Long> steps = steps(figures(0));

    assertThat(steps).hasSizeBetween(1000, 2000).endsWith(20_000L).isSorted();
    assertThat(steps.get(0)).isLessThan(100);
    for (int i = 1; i < steps.size(); i++) {
      assertThat(steps.get(i) - steps.get(i - 1)).isLessThanOrEqualTo(64);
    }
  }

  @Test
  void refusesWhatItDoesNotKnow() throws Exception {
    assertThat(get("nothing").statusCode()).isEqualTo(404);
    assertThat(get("figures.json?after=x").statusCode()).isEqualTo(400);
    HttpRequest post =
        HttpRequest.newBuilder(server.address())
            .POST(HttpRequest.BodyPublishers.ofString("x"))
            .build();
    assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
    HttpRequest head =
        HttpRequest.newBuilder(server.address().resolve("metrics"))
            .method("HEAD", HttpRequest.BodyPublishers.noBody())
            .build();
    HttpResponse<String> answer = client.send(head, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void aTakenPortIsNamedWithAWayOut() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> WatchServer.open(taken.getLocalPort(), live))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("run.metricsPort: cannot serve on 127.0.0.1:")
          .hasMessageContaining("choose another port, or 0")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void whatIsReadWhileTheRunGoesOnIsWhole() throws Exception {
    Thread training = new Thread(() -> new ScriptedRun(0, 5000, 5000, 1).play(live, temp));
    training.start();
    do {
      JsonNode json = figures(0);
      samples(get("metrics").body());
      List<Long> steps = steps(json);
      if (!steps.isEmpty()) {
        // progress comes before the report of its step
        assertThat(json.path("run").path("step").asLong())
            .isGreaterThanOrEqualTo(steps.get(steps.size() - 1));
      }
    } while (training.isAlive());
    training.join();
    assertThat(figures(0).path("run").path("step").asLong()).isEqualTo(5000);
  }

  private static ScriptedRun script() {
    return new ScriptedRun(0, 400, 400, 20);
  }

  private static List<Long> steps(JsonNode figures) {
    List<Long> steps = new ArrayList<>();
    figures.path("steps").forEach(line -> steps.add(line.path("step").asLong()));
    return steps;
  }

  private JsonNode figures(long after) throws IOException, InterruptedException {
    return figures(server.address().resolve("figures.json?after=" + after));
  }

  private JsonNode figures(URI address) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(address).build();
    return Json.parse(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(server.address().resolve(path)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }
}
