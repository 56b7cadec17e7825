package ffc.loaders.index;

import ffc.loaders.store.Source;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * What is already on disk of an unfinished index: lines {@code source}, {@code part}, {@code run}
 * and {@code end}, each forced before the next. A last line without its end is left out.
 */
final class Journal implements Closeable {
  static final String FILE = "journal";

  /** A sorted run that is whole on disk, and the state of the walk behind it. */
  record Run(int number, long rows, long nameBytes, Source.Position after) {}

  private final FileChannel channel;
  final List<Run> runs = new ArrayList<>();
  final TreeMap<Integer, Long> bases = new TreeMap<>();
  String source = "";
  long labels = -1;
  boolean ended;

  Journal(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (Files.exists(file)) {
      String text = Files.readString(file);
      int end = text.lastIndexOf('\n') + 1;
      text.substring(0, end).lines().forEach(this::parse);
      channel = FileChannel.open(file, StandardOpenOption.WRITE);
      channel.truncate(text.substring(0, end).getBytes(StandardCharsets.UTF_8).length);
      channel.position(channel.size());
    } else {
      channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }
  }

  private void parse(String line) {
    String[] f = line.split(" ", -1);
    switch (f[0]) {
      case "source" -> source = f[1];
      case "part" -> bases.put(Integer.parseInt(f[1]), Long.parseLong(f[2]));
      case "run" ->
          runs.add(
              new Run(
                  Integer.parseInt(f[1]),
                  Long.parseLong(f[2]),
                  Long.parseLong(f[3]),
                  new Source.Position(
                      Integer.parseInt(f[4]),
                      Long.parseLong(f[5]),
                      Long.parseLong(f[6]),
                      Long.parseLong(f[7]),
                      Long.parseLong(f[8]))));
      case "end" -> {
        ended = true;
        labels = Long.parseLong(f[1]);
      }
      default -> {}
    }
  }

  void source(String id) throws IOException {
    source = id;
    line("source " + id);
  }

  void part(int part, long base) throws IOException {
    if (bases.put(part, base) == null) {
      line("part " + part + " " + base);
    }
  }

  void run(Run run) throws IOException {
    runs.add(run);
    Source.Position at = run.after();
    line(
        "run %d %d %d %d %d %d %d %d"
            .formatted(
                run.number(),
                run.rows(),
                run.nameBytes(),
                at.part(),
                at.offset(),
                at.base(),
                at.top(),
                at.rows()));
  }

  void end(long labelCount) throws IOException {
    ended = true;
    labels = labelCount;
    line("end " + labelCount);
  }

  private void line(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
