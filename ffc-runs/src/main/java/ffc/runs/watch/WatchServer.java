package ffc.runs.watch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import ffc.engine.Closer;
import ffc.runs.page.Html;
import ffc.runs.page.Timeline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongFunction;

/**
 * Serves a run on the loopback interface: {@code /} a live page, {@code /page.json} its changing
 * parts, {@code /figures.json} the records for programs, {@code /metrics} Prometheus' text. It only
 * reads; nothing that is asked changes the run.
 */
public final class WatchServer implements AutoCloseable {
  private static final String PAGE =
      Html.page(
          "FFC run",
          "<main><header><h1 id=\"name\">FFC run</h1><p id=\"state\">waiting for the first figures</p>"
              + "</header><noscript><p>The curves need JavaScript; <a href=\"metrics\">/metrics</a>"
              + " does not.</p></noscript>"
              + "<div class=\"progress\" role=\"progressbar\" aria-label=\"steps\"><i id=\"done\"></i></div>"
              + "<section class=\"tiles\" id=\"tiles\"></section>"
              + Timeline.TOOLS
              + "<div id=\"charts\"></div></main>\n",
          WatchServer.class,
          "live.js");

  /** Seconds that a request may take to arrive, and its answer to be taken. */
  private static final String LIMIT_SECONDS = "3";

  /** Names of the loopback interface: a page from elsewhere reaches it under another one. */
  private static final Set<String> HOSTS = Set.of("localhost", "127.0.0.1", "[::1]");

  static {
    // Without them a request that never ends holds one of the threads for good. Read once, when
    // the JDK's server is first used.
    for (String limit : List.of("maxReqTime", "maxRspTime")) {
      String name = "sun.net.httpserver." + limit;
      if (System.getProperty(name) == null) {
        System.setProperty(name, LIMIT_SECONDS);
      }
    }
  }

  private final LiveRun run;
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          2,
          task -> {
            Thread thread = new Thread(task, "watch");
            thread.setDaemon(true);
            return thread;
          });

  private WatchServer(LiveRun run, HttpServer server) {
    this.run = run;
    this.server = server;
    try {
      server.createContext("/", this::answer);
      server.setExecutor(threads);
      server.start();
    } catch (Throwable e) {
      Closer.of(this).closeAfter(e);
      throw e;
    }
  }

  /**
   * Starts to serve.
   *
   * @param port of the loopback address, in [0, 65535]; 0 for any free one
   * @throws IllegalArgumentException if the port cannot be had
   */
  public static WatchServer open(int port, LiveRun run) {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try {
      return new WatchServer(run, HttpServer.create(new InetSocketAddress(loopback, port), 0));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "run.metricsPort: cannot serve on "
              + loopback.getHostAddress()
              + ":"
              + port
              + " ("
              + e.getMessage()
              + "); choose another port, or 0 for any free one",
          e);
    }
  }

  /** Where the page is. */
  public URI address() {
    InetSocketAddress at = server.getAddress();
    return URI.create("http://" + at.getAddress().getHostAddress() + ":" + at.getPort() + "/");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String host = exchange.getRequestHeaders().getFirst("Host");
      if (host == null || !HOSTS.contains(host.replaceFirst(":[0-9]*$", ""))) {
        send(
            exchange,
            403,
            "text/plain; charset=utf-8",
            "wanted the host localhost or 127.0.0.1; from elsewhere go through ssh -L\n");
        return;
      }
      String asked = exchange.getRequestMethod();
      if (!asked.equals("GET") && !asked.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, 405, "text/plain; charset=utf-8", "only GET and HEAD\n");
        return;
      }
      switch (exchange.getRequestURI().getPath()) {
        case "/" -> send(exchange, 200, "text/html; charset=utf-8", PAGE);
        case "/page.json" -> since(exchange, "seen", run::page);
        case "/figures.json" -> since(exchange, "after", run::json);
        case "/metrics" -> send(exchange, 200, Prometheus.TYPE, run.metrics());
        default ->
            send(
                exchange,
                404,
                "text/plain; charset=utf-8",
                "there are /, /page.json, /figures.json and /metrics\n");
      }
    }
  }

  private void since(HttpExchange exchange, String name, LongFunction<String> answer)
      throws IOException {
    String query = exchange.getRequestURI().getQuery();
    String asked = query == null ? name + "=0" : query;
    if (asked.matches(name + "=[0-9]{1,18}")) {
      long number = Long.parseLong(asked.substring(name.length() + 1));
      send(exchange, 200, "application/json", answer.apply(number));
    } else {
      send(
          exchange,
          400,
          "text/plain; charset=utf-8",
          "got ?" + query + ", wanted ?" + name + "=N, the number in the last answer's next\n");
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange
        .getResponseHeaders()
        .set(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
                + " connect-src 'self'; img-src data:");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    Closer.of(threads::shutdownNow, () -> server.stop(0)).close();
  }
}
