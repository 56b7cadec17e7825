package ffc.loaders.index;

import ffc.loaders.table.Source;
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
 * What is already on disk of an unfinished index: lines {@code source}, {@code part}, {@code run},
 * {@code end} and {@code merged}, each with its CRC-32C behind it and forced before the next. The
 * first line that is cut, damaged or of another form ends the journal: what it and later lines
 * count is made again.
 */
final class Journal implements Closeable {
  static final String FILE = "journal";

  /**
   * A sorted run that is whole on disk, and the state of the walk behind it.
   *
   * @param nameBytes bytes of names behind it
   * @param nameSum CRC-32C of those that came with it
   * @param sums CRC-32C of each block of the run
   */
  record Run(
      int number, long rows, long nameBytes, int nameSum, int[] sums, Source.Position after) {}

  private final FileChannel channel;
  final List<Run> runs = new ArrayList<>();
  final TreeMap<Integer, Long> bases = new TreeMap<>();
  String source = "";
  long labels = -1;
  boolean ended;

  /** Whether the index is whole but for its place: runs are no longer needed. */
  boolean merged;

  Journal(Path folder) throws IOException {
    channel =
        FileChannel.open(
            folder.resolve(FILE),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      read(Files.readAllBytes(folder.resolve(FILE)));
    } catch (Throwable e) {
      channel.close();
      throw e;
    }
  }

  private void read(byte[] bytes) throws IOException {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = 0;
    for (int end = text.indexOf('\n'); end >= 0 && parse(text.substring(at, end)); ) {
      at = end + 1;
      end = text.indexOf('\n', at);
    }
    channel.truncate(at);
    channel.position(at);
  }

  /** Takes a line; false if it is damaged. */
  private boolean parse(String line) {
    int sum = line.lastIndexOf(' ');
    if (sum < 0 || !line.substring(sum + 1).equals(sum(line.substring(0, sum)))) {
      return false;
    }
    String[] f = line.substring(0, sum).split(" ", -1);
    if (f[0].equals("run") && f.length != 12) {
      return false;
    }
    switch (f[0]) {
      case "source" -> source = f[1];
      case "part" -> bases.put(Integer.parseInt(f[1]), Long.parseLong(f[2]));
      case "run" ->
          runs.add(
              new Run(
                  Integer.parseInt(f[1]),
                  Long.parseLong(f[2]),
                  Long.parseLong(f[3]),
                  Integer.parseUnsignedInt(f[10], 16),
                  numbers(f[11]),
                  new Source.Position(
                      Integer.parseInt(f[4]),
                      Long.parseLong(f[5]),
                      Long.parseLong(f[6]),
                      Long.parseLong(f[7]),
                      Long.parseLong(f[8]),
                      Long.parseLong(f[9]))));
      case "end" -> {
        ended = true;
        labels = Long.parseLong(f[1]);
      }
      case "merged" -> merged = true;
      default -> {}
    }
    return true;
  }

  /** Eight hexadecimal digits each. */
  private static int[] numbers(String digits) {
    int[] numbers = new int[digits.length() / 8];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Integer.parseUnsignedInt(digits, 8 * i, 8 * i + 8, 16);
    }
    return numbers;
  }

  private static String sum(String line) {
    return IndexHeader.crc(line.getBytes(StandardCharsets.ISO_8859_1));
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
    StringBuilder sums = new StringBuilder(8 * run.sums().length);
    for (int sum : run.sums()) {
      sums.append("%08x".formatted(sum));
    }
    line(
        "run %d %d %d %d %d %d %d %d %d %08x %s"
            .formatted(
                run.number(),
                run.rows(),
                run.nameBytes(),
                at.part(),
                at.offset(),
                at.base(),
                at.top(),
                at.rows(),
                at.joints(),
                run.nameSum(),
                sums));
  }

  void end(long labelCount) throws IOException {
    ended = true;
    labels = labelCount;
    line("end " + labelCount);
  }

  void merged() throws IOException {
    merged = true;
    line("merged");
  }

  private void line(String text) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap((text + " " + sum(text) + "\n").getBytes(StandardCharsets.ISO_8859_1));
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
