package ffc.runs.watch;

import ffc.runs.record.Json;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A headless Chromium, driven over its DevTools protocol. */
final class Browser implements AutoCloseable {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  private static final int PATIENCE_SECONDS = 120;

  private final Process process;
  private final WebSocket socket;
  private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> requests = new ArrayList<>();
  private int sent;

  /** The browser's program, if one is on the PATH. */
  static Optional<Path> installed() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Starts the program with a profile of its own below {@code temp}. */
  static Browser start(Path program, Path temp) throws Exception {
    Path profile = Files.createDirectories(temp.resolve("profile"));
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox", // root has no other way; it loads our own page only
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--window-size=1240,1700",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .start();
    try {
      // "DevTools listening on ws://127.0.0.1:PORT/devtools/browser/ID"
      String line;
      do {
        line = process.inputReader(StandardCharsets.UTF_8).readLine();
        if (line == null) {
          throw new IOException(program + " ended with " + process.waitFor());
        }
      } while (!line.startsWith("DevTools listening on "));
      Thread drain =
          new Thread(
              () -> process.inputReader(StandardCharsets.UTF_8).lines().forEach(unused -> {}));
      drain.setDaemon(true);
      drain.start();
      return new Browser(process, URI.create(line.substring(line.indexOf("ws://"))));
    } catch (Exception | Error e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private Browser(Process process, URI devTools) throws Exception {
    this.process = process;
    HttpClient client = HttpClient.newHttpClient();
    URI list = URI.create("http://" + devTools.getAuthority() + "/json/list");
    JsonNode page = null;
    for (JsonNode target :
        Json.parse(
            client
                .send(HttpRequest.newBuilder(list).build(), HttpResponse.BodyHandlers.ofString())
                .body())) {
      page = target.path("type").asString().equals("page") ? target : page;
    }
    URI address = URI.create(page.path("webSocketDebuggerUrl").asString());
    socket = client.newWebSocketBuilder().buildAsync(address, new Collector()).join();
    for (String domain : List.of("Runtime", "Log", "Network", "Page")) {
      call(domain + ".enable", Map.of());
    }
  }

  /** Puts whole messages into the queue. */
  private final class Collector implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        messages.add(Json.parse(text.toString()));
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  /** Calls a method of the protocol and returns its result. */
  JsonNode call(String method, Map<String, Object> parameters) throws Exception {
    ObjectNode message = Json.object();
    message.put("id", ++sent);
    message.put("method", method);
    ObjectNode inner = message.putObject("params");
    parameters.forEach(
        (key, value) -> {
          if (value instanceof Boolean flag) {
            inner.put(key, flag);
          } else if (value instanceof JsonNode node) {
            inner.set(key, node);
          } else {
            inner.put(key, value.toString());
          }
        });
    socket.sendText(message.toString(), true).join();
    while (true) {
      JsonNode answer = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (answer == null) {
        throw new IOException("the browser does not answer " + method);
      }
      if (answer.path("id").asInt(-1) == sent) {
        if (answer.has("error")) {
          throw new IOException(method + ": " + answer.path("error"));
        }
        return answer.path("result");
      }
      event(answer);
    }
  }

  private void event(JsonNode event) {
    JsonNode values = event.path("params");
    switch (event.path("method").asString("")) {
      case "Runtime.exceptionThrown" -> problems.add(values.path("exceptionDetails").toString());
      case "Log.entryAdded" -> problems.add(values.path("entry").toString());
      case "Network.requestWillBeSent" ->
          requests.add(values.path("request").path("url").asString());
      default -> {} // not of interest
    }
  }

  /** Evaluates an expression of the page, a promise to its end. */
  JsonNode evaluate(String expression) throws Exception {
    JsonNode result =
        call(
            "Runtime.evaluate",
            Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
    if (result.has("exceptionDetails")) {
      throw new IOException(expression + ": " + result.path("exceptionDetails"));
    }
    return result.path("result").path("value");
  }

  /** Waits until a condition of the page holds, looking whenever the page changes. */
  void await(String condition) throws Exception {
    evaluate(
        "new Promise((done, failed) => { const look = () => { if ("
            + condition
            + ") { watch.disconnect(); done(true); } };"
            + " const watch = new MutationObserver(look);"
            + " watch.observe(document, {subtree: true, childList: true, characterData: true,"
            + " attributes: true}); look();"
            + " setTimeout(() => failed(document.body.innerText), 60000); })");
  }

  /** Errors of scripts and of loading so far. */
  List<String> problems() {
    return problems;
  }

  /** Addresses asked for so far. */
  List<String> requests() {
    return requests;
  }

  @Override
  public void close() throws Exception {
    // Ends it in its own way, which removes what it left outside of the profile.
    socket.sendText("{\"id\":0,\"method\":\"Browser.close\"}", true).join();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
