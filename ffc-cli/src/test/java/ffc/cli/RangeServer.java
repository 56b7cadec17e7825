package ffc.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Gives the small files of a folder by ranges on the loopback address, worse than it could. */
final class RangeServer implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger number = new AtomicInteger();
  private final Path folder;
  private final int everySo;

  /**
   * @param everySo one in so many answers ends after its half; 0 for none
   */
  RangeServer(Path folder, int everySo) throws IOException {
    this.folder = folder;
    this.everySo = everySo;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String address(String name) {
    return "http://127.0.0.1:%d/%s".formatted(server.getAddress().getPort(), name);
  }

  int answers() {
    return number.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Path file = folder.resolve(exchange.getRequestURI().getPath().substring(1));
      if (!Files.isRegularFile(file)) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      byte[] bytes = Files.readAllBytes(file);
      Matcher range = RANGE.matcher(exchange.getRequestHeaders().getFirst("Range"));
      range.matches();
      int first = Integer.parseInt(range.group(1));
      int last = (int) Math.min(bytes.length - 1, Long.parseLong(range.group(2)));
      int length = last - first + 1;
      exchange.getResponseHeaders().set("ETag", "\"" + bytes.length + "\"");
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(first, last, bytes.length));
      exchange.sendResponseHeaders(206, length);
      int answers = number.incrementAndGet();
      boolean cut = everySo > 0 && answers % everySo == 0;
      exchange.getResponseBody().write(bytes, first, cut ? length / 2 : length);
      exchange.getResponseBody().flush();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
