package ffc.loaders.remote;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Gives objects by ranges on the loopback address, and fails where a test wants it to. */
final class FaultyServer implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

  /** What a test does in place of an answer. */
  interface Fault {
    /** Answers, or says that the server is to answer as it should. */
    boolean answers(HttpExchange exchange, Range range) throws IOException;
  }

  /**
   * A request for a part.
   *
   * @param number of the request, from 1
   * @param last within the object
   */
  record Range(int number, String path, int first, int last, byte[] object) {
    int length() {
      return last - first + 1;
    }
  }

  final Map<String, byte[]> objects = new ConcurrentHashMap<>();
  final List<Range> ranges = new CopyOnWriteArrayList<>();
  final List<Headers> requests = new CopyOnWriteArrayList<>();
  volatile String tag = "\"1\"";
  volatile Fault fault = (exchange, range) -> false;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  FaultyServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  RemotePath path(String name) {
    return RemotePath.of(address(name));
  }

  String address(String name) {
    return "http://" + host() + "/" + name;
  }

  String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath().substring(1);
      Matcher wanted = RANGE.matcher(exchange.getRequestHeaders().getFirst("Range"));
      byte[] object = objects.getOrDefault(path, new byte[0]);
      wanted.matches();
      int first = Integer.parseInt(wanted.group(1));
      int last = (int) Math.min(object.length - 1, Long.parseLong(wanted.group(2)));
      requests.add(exchange.getRequestHeaders());
      Range range = new Range(requests.size(), path, first, last, object);
      ranges.add(range);
      if (fault.answers(exchange, range)) {
        return;
      }
      if (!objects.containsKey(path)) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      if (object.length == 0) {
        exchange.getResponseHeaders().add("Content-Range", "bytes */0");
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      send(exchange, range, range.length());
    }
  }

  /** Answers with the range, but sends only so many bytes of it. */
  void send(HttpExchange exchange, Range range, int bytes) throws IOException {
    head(exchange, range);
    exchange.sendResponseHeaders(206, range.length());
    exchange.getResponseBody().write(range.object(), range.first(), bytes);
    exchange.getResponseBody().flush();
  }

  /** The headers of a sound answer. */
  void head(HttpExchange exchange, Range range) {
    Headers headers = exchange.getResponseHeaders();
    headers.set("ETag", tag);
    headers.set(
        "Content-Range",
        "bytes %d-%d/%d".formatted(range.first(), range.last(), range.object().length));
  }

  static boolean status(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, -1);
    return true;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
