package ffc.loaders.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gives the files of a folder by ranges on the loopback address and prints the address: {@code
 * RangeServer FOLDER}. Serves until it is killed.
 */
public final class RangeServer {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");
  private static final int PART = 1 << 16;

  private final Path folder;
  private final Map<Path, FileChannel> open = new ConcurrentHashMap<>();

  private RangeServer(Path folder) {
    this.folder = folder;
  }

  /** Serves. */
  public static void main(String[] args) throws IOException {
    // As other servers do; head and body of an answer wait 40 ms for each other otherwise.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", new RangeServer(Path.of(args[0]))::answer);
    server.start();
    System.out.println("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Path file = folder.resolve(exchange.getRequestURI().getPath().substring(1));
      if (!Files.isRegularFile(file)) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      FileChannel channel = open.get(file);
      if (channel == null) {
        channel = FileChannel.open(file);
        open.put(file, channel);
      }
      Matcher range = RANGE.matcher(exchange.getRequestHeaders().getFirst("Range"));
      if (!range.matches()) {
        exchange.sendResponseHeaders(400, -1);
        return;
      }
      long first = Long.parseLong(range.group(1));
      long end = Math.min(channel.size(), Long.parseLong(range.group(2)) + 1);
      exchange.getResponseHeaders().set("ETag", "\"" + channel.size() + "\"");
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(first, end - 1, channel.size()));
      exchange.sendResponseHeaders(206, end - first);
      ByteBuffer part = ByteBuffer.allocate(PART);
      for (long at = first; at < end; at += part.limit()) {
        part.clear().limit((int) Math.min(PART, end - at));
        channel.read(part, at);
        exchange.getResponseBody().write(part.array(), 0, part.limit());
      }
    }
  }
}
