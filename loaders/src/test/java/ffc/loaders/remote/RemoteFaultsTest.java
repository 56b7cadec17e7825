package ffc.loaders.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.DualLoader;
import ffc.loaders.data.AugmentConfig;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.source.TestPacks;
import ffc.loaders.table.PositionalFile;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that fail, and what readers hear of it. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class RemoteFaultsTest {
  /** Of silence no shorter than a busy machine is silent by itself. */
  private static final Patience SHORT = patience(Duration.ofSeconds(10));

  private final List<String> said = new CopyOnWriteArrayList<>();
  private final byte[] object = new byte[5 * Blocks.BYTES + 77];
  private FaultyServer server;

  @TempDir Path dir;

  @BeforeEach
  void serve() throws IOException {
    new Random(1).nextBytes(object);
    server = new FaultyServer();
    server.objects.put("a.rec", object);
    be(SHORT);
  }

  private static Patience patience(Duration silence) {
    return new Patience(4, 3, Duration.ofMillis(1), Duration.ofMillis(4), silence);
  }

  private void be(Patience patience) {
    RemoteObject.forget();
    Blocks.share(
        new Blocks(
            new Requests(patience, new Access(server.host() + " secret:word"), said::add), 64));
  }

  @AfterEach
  void stop() {
    server.close();
    Blocks.share(null);
    RemoteObject.forget();
  }

  private byte[] whole() throws IOException {
    try (PositionalFile file = PositionalFile.open(server.path("a.rec"))) {
      ByteBuffer bytes = file.read(0, object.length);
      byte[] read = new byte[bytes.remaining()];
      bytes.get(read);
      return read;
    }
  }

  @Test
  void anAnswerThatEndsEarlyIsGoneOnWithWhereItEnded() throws IOException {
    AtomicInteger cut = new AtomicInteger();
    server.fault =
        (exchange, range) -> {
          if (range.length() < 1000 || cut.incrementAndGet() % 2 == 0) {
            return false;
          }
          server.send(exchange, range, 999);
          return true;
        };
    assertThat(whole()).isEqualTo(object);
    List<Integer> beginnings =
        server.ranges.stream().map(FaultyServer.Range::first).distinct().toList();
    assertThat(beginnings).anyMatch(first -> first % Blocks.BYTES == 999);
    // Nothing was asked for twice but the byte that the object is known by.
    assertThat(beginnings).hasSize(server.ranges.size() - 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 504, 408, 429})
  void aBusyServerIsAskedAgain(int status) throws IOException {
    Map<Integer, Integer> asked = new ConcurrentHashMap<>();
    server.fault =
        (exchange, range) ->
            asked.merge(range.first(), 1, Integer::sum) < 3
                && FaultyServer.status(exchange, status);
    assertThat(whole()).isEqualTo(object);
    assertThat(said.get(0))
        .contains(server.address("a.rec") + ": answers " + status + "; trying again in ")
        .contains("(2 of 3)");
  }

  @Test
  void aServerSaysHowLongItWantsToBeLeftAlone() throws IOException {
    be(new Patience(4, 3, Duration.ofMillis(1), Duration.ofMillis(30), Duration.ofSeconds(5)));
    server.fault =
        (exchange, range) -> {
          exchange.getResponseHeaders().set("Retry-After", "1");
          return range.number() == 1 && FaultyServer.status(exchange, 429);
        };
    assertThat(whole()).isEqualTo(object);
    // Up to four times the longest wait, which is 30 ms here.
    assertThat(said).hasSize(1).first().asString().contains("trying again in 0.1 s");
  }

  @Test
  void waitsDoubleUpToTheLongestAndDifferByChance() {
    Patience usual = Patience.USUAL;
    assertThat(usual.wait(1, 0, null)).isEqualTo(Duration.ofMillis(500));
    assertThat(usual.wait(3, 0, null)).isEqualTo(Duration.ofSeconds(2));
    assertThat(usual.wait(3, 0.999, null))
        .isBetween(Duration.ofSeconds(1), Duration.ofMillis(1002));
    assertThat(usual.wait(60, 0, null)).isEqualTo(Duration.ofSeconds(30));
    assertThat(usual.wait(1, 0, Duration.ofSeconds(40))).isEqualTo(Duration.ofSeconds(40));
    assertThat(usual.wait(1, 0, Duration.ofDays(9))).isEqualTo(Duration.ofMinutes(2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5000})
  void aServerThatIsSilentBehindSomeBytesIsAskedAgain(int bytes) throws IOException {
    be(patience(Duration.ofMillis(300)));
    AtomicInteger silent = new AtomicInteger();
    server.fault =
        (exchange, range) -> {
          if (range.length() < 1000 || silent.incrementAndGet() > 1) {
            return false;
          }
          server.send(exchange, range, bytes);
          try {
            Thread.sleep(50_000); // ended by stop()
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return true;
        };
    long start = System.nanoTime();
    assertThat(whole()).isEqualTo(object);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
    if (bytes == 0) {
      assertThat(said).hasSize(1).first().asString().contains("no byte for 0.3 s");
    } else {
      assertThat(server.ranges).anyMatch(range -> range.first() % Blocks.BYTES == bytes);
    }
  }

  @Test
  void aSlowServerThatGetsOnIsWaitedFor() throws IOException {
    be(new Patience(1, 1, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMillis(300)));
    server.fault =
        (exchange, range) -> {
          if (range.length() < 1000) {
            return false;
          }
          server.send(exchange, range, 0);
          for (int i = 0; i < 6; i++) {
            int from = (int) ((long) range.length() * i / 6);
            int to = (int) ((long) range.length() * (i + 1) / 6);
            exchange.getResponseBody().write(object, range.first() + from, to - from);
            exchange.getResponseBody().flush();
            try {
              Thread.sleep(100); // six of them are longer than the longest silence
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          return true;
        };
    assertThat(whole()).isEqualTo(object);
    assertThat(said).isEmpty();
  }

  @Test
  void aServerThatFallsAwayForGoodIsOneLineWithWhatAndWhere() throws IOException {
    try (PositionalFile file = PositionalFile.open(server.path("a.rec"))) {
      file.read(0, 10);
      server.close();
      assertThatThrownBy(() -> file.read(3L * Blocks.BYTES + 5, 10))
          .isInstanceOf(RemoteException.class)
          .hasMessageStartingWith(
              server.address("a.rec") + ": cannot be read from byte " + 3 * Blocks.BYTES + " on: ")
          .hasMessageEndingWith(", 4 times in a row");
    }
    assertThat(said.get(0)).contains("trying again in");
  }

  @Test
  void whatFailedOnceIsAskedForAnew() throws IOException {
    try (PositionalFile file = PositionalFile.open(server.path("a.rec"))) {
      server.fault = (exchange, range) -> FaultyServer.status(exchange, 500);
      assertThatThrownBy(() -> file.read(0, 10)).isInstanceOf(RemoteException.class);
      server.fault = (exchange, range) -> false;
      assertThat(file.read(0, 10).get(3)).isEqualTo(object[3]);
    }
  }

  @Test
  void anObjectThatChangesIsRefused() throws IOException {
    try (PositionalFile file = PositionalFile.open(server.path("a.rec"))) {
      file.read(0, 10);
      server.tag = "\"2\"";
      assertThatThrownBy(() -> file.read(4L * Blocks.BYTES, 10))
          .isInstanceOf(RemoteException.class)
          .hasMessageContaining("it changed while it was read")
          .hasMessageContaining("version \"1\"")
          .hasMessageContaining("version \"2\"");
    }
    assertThat(said).isEmpty();
  }

  @Test
  void anObjectThatGrowsIsRefusedThoughItHasNoVersion() throws IOException {
    server.fault =
        (exchange, range) -> {
          server.head(exchange, range);
          exchange.getResponseHeaders().remove("ETag");
          exchange.sendResponseHeaders(206, range.length());
          exchange.getResponseBody().write(range.object(), range.first(), range.length());
          return true;
        };
    try (PositionalFile file = PositionalFile.open(server.path("a.rec"))) {
      file.read(0, 10);
      server.objects.put("a.rec", new byte[object.length + 1]);
      assertThatThrownBy(() -> file.read(4L * Blocks.BYTES, 10))
          .hasMessageContaining(
              "it changed while it was read (%d bytes, then %d bytes)"
                  .formatted(object.length, object.length + 1));
    }
  }

  @Test
  void anotherPartThanTheOneAskedForIsRefused() throws IOException {
    server.fault =
        (exchange, range) -> {
          if (range.length() == 1) {
            return false;
          }
          server.send(
              exchange,
              new FaultyServer.Range(0, "", range.first() + 1, range.last(), object),
              range.length() - 1);
          return true;
        };
    assertThatThrownBy(this::whole)
        .isInstanceOf(RemoteException.class)
        .hasMessageContaining("sends another part, from byte 1 on");
  }

  @Test
  void aServerWithoutRangesIsRefusedAtOnceAndNotReadToItsEnd() {
    server.fault =
        (exchange, range) -> {
          exchange.sendResponseHeaders(200, 0);
          for (int i = 0; i < 4000; i++) { // 1 GB if someone takes it
            exchange.getResponseBody().write(object, 0, Blocks.BYTES);
          }
          throw new AssertionError("all of it was taken");
        };
    refused("takes no range requests");
  }

  @Test
  void aWholeInPlaceOfAPartIsRefusedOnTheWay() throws IOException {
    try (PositionalFile file = PositionalFile.open(server.path("a.rec"))) {
      server.fault =
          (exchange, range) -> {
            exchange.getResponseHeaders().set("ETag", server.tag);
            exchange.sendResponseHeaders(200, object.length);
            exchange.getResponseBody().write(object);
            return true;
          };
      assertThatThrownBy(() -> file.read(0, 10))
          .isInstanceOf(RemoteException.class)
          .hasMessageContaining("takes no range requests");
    }
  }

  @Test
  void packedAnswersAreRefused() {
    server.fault =
        (exchange, range) -> {
          exchange.getResponseHeaders().set("Content-Encoding", "gzip");
          return false;
        };
    refused("packs it (Content-Encoding: gzip)");
    assertThat(server.requests.get(0).getFirst("Accept-Encoding")).isEqualTo("identity");
  }

  @Test
  void anUnknownLengthIsRefused() {
    server.fault =
        (exchange, range) -> {
          exchange.getResponseHeaders().set("Content-Range", "bytes 0-0/*");
          exchange.sendResponseHeaders(206, 1);
          exchange.getResponseBody().write(1);
          return true;
        };
    refused("does not say how long it is");
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void whatMayNotBeReadIsRefusedAtOnce(int status) {
    server.fault = (exchange, range) -> FaultyServer.status(exchange, status);
    refused("may not be read (" + status + ")");
    assertThat(server.ranges).hasSize(1);
    // No wrong answer to the question whether there is a list beside it.
    assertThatThrownBy(() -> Files.exists(server.path("a.idx")))
        .isInstanceOf(BadDataException.class);
  }

  @Test
  void whatIsNotThereIsToldAsOfFiles() {
    assertThatThrownBy(() -> PositionalFile.open(server.path("b.rec")))
        .isInstanceOf(BadDataException.class)
        .hasMessage(server.address("b.rec") + ": no such file");
    assertThat(Files.exists(server.path("b.rec"))).isFalse();
  }

  @Test
  void nobodyAtTheAddressIsToldAfterAFewTries() {
    server.close();
    refused("cannot be opened: nobody answers there, 3 times");
    assertThat(said).isEmpty(); // one line, the error's
  }

  @Test
  void aHostThatNobodyKnowsIsToldSo() {
    ConnectException unknown = new ConnectException(); // as the client throws it
    unknown.initCause(new UnresolvedAddressException());
    assertThat(Requests.reason(unknown)).isEqualTo("the name of its host is unknown");
    assertThat(Requests.reason(new ConnectException())).isEqualTo("nobody answers there");
  }

  @Test
  void accessWithoutThePortOfTheAddressIsTold() {
    server.fault = (exchange, range) -> FaultyServer.status(exchange, 403);
    String name = server.host().replaceFirst(":.*", "");
    Blocks.share(new Blocks(new Requests(SHORT, new Access(name + " a:b"), said::add), 64));
    refused(
        "may not be read (403); what its server wants to see is given by FFC_HTTP_ACCESS"
            + " (docs/data.md); it has a line for "
            + name
            + ", wanted "
            + server.host());
  }

  private void refused(String message) {
    assertThatThrownBy(() -> PositionalFile.open(server.path("a.rec")))
        .isInstanceOf(BadDataException.class)
        .hasMessageStartingWith(server.address("a.rec") + ": ")
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void credentialsGoToTheirHostAloneAndIntoNoMessage() throws IOException {
    try (FaultyServer other = new FaultyServer()) {
      other.objects.put("b.rec", object);
      server.fault =
          (exchange, range) -> {
            exchange.getResponseHeaders().set("Location", other.address("b.rec") + "?sig=hidden");
            return FaultyServer.status(exchange, 302);
          };
      assertThat(whole()).isEqualTo(object);
      assertThat(server.requests.get(0).getFirst("Authorization"))
          .isEqualTo("Basic c2VjcmV0OndvcmQ=");
      assertThat(other.requests).isNotEmpty().allMatch(all -> !all.containsKey("Authorization"));
      other.fault = (exchange, range) -> FaultyServer.status(exchange, 500);
      RemoteObject.forget();
      assertThatThrownBy(() -> PositionalFile.open(server.path("a.rec")))
          .hasMessageNotContaining("hidden");
    }
  }

  @Test
  void aServerThatFallsAwayIsNoUnreadableImageThatTheBudgetBears() throws IOException {
    Path rec = dir.resolve("a.rec");
    try (TestPacks.Writer pack = new TestPacks.Writer(rec)) {
      for (int i = 0; i < 40; i++) {
        pack.image(i, i / 4, TestPacks.png(i, 8, 8));
      }
    }
    server.objects.put("a.rec", Files.readAllBytes(rec));
    server.objects.put("a.idx", Files.readAllBytes(dir.resolve("a.idx")));
    DataConfig.Source set = new DataConfig.Source("recordio", server.address("a.rec"));
    DataConfig config =
        DataConfigBuilder.builder()
            .train(set)
            .idsPerBatch(2)
            .instancesPerBatch(2)
            .augment(AugmentConfig.NONE)
            .onCorrupt(DataConfig.OnCorrupt.skip)
            .corruptBudget(1.0)
            .build();
    try (Dataset data = DataSets.open(set)) {
      server.close();
      Blocks.share(new Blocks(new Requests(SHORT, new Access(null), said::add), 64)); // none kept
      try (DualLoader loader =
          new DualLoader(data, config, new ImageShape(1, 8, 8), 1, 0, 1, Cursor.START)) {
        assertThatThrownBy(loader::next).isInstanceOf(RemoteException.class);
      }
    }
  }
}
