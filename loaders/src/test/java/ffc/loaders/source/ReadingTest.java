package ffc.loaders.source;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.table.RecordDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much is read of a source for one image. */
class ReadingTest {
  private static final int IMAGES = 60;
  private static final int TRIES = 200;
  private static final long SEED = 4;

  @TempDir Path dir;

  /** Calls that read, and bytes they gave, of this process: mapped pages do not count in them. */
  private record Reads(long calls, long bytes) {
    static Reads now() throws IOException {
      long calls = 0;
      long bytes = 0;
      for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
        if (line.startsWith("syscr: ")) {
          calls = Long.parseLong(line.substring(7));
        } else if (line.startsWith("rchar: ")) {
          bytes = Long.parseLong(line.substring(7));
        }
      }
      return new Reads(calls, bytes);
    }

    /** The least that a piece of work was seen to read: other threads read now and then. */
    static Reads least(Runnable work) throws IOException {
      long calls = Long.MAX_VALUE;
      long bytes = Long.MAX_VALUE;
      for (int i = 0; i < TRIES; i++) {
        Reads start = now();
        work.run();
        Reads end = now();
        calls = Math.min(calls, end.calls - start.calls);
        bytes = Math.min(bytes, end.bytes - start.bytes);
      }
      return new Reads(calls, bytes);
    }
  }

  private static Reads ofOneImage(Dataset data) throws IOException {
    Reads none = Reads.least(() -> {});
    RecordDataset records = (RecordDataset) data;
    Reads one = Reads.least(() -> records.encoded(IMAGES / 2));
    return new Reads(one.calls - none.calls, one.bytes - none.bytes);
  }

  private static byte[] body(int number) {
    byte[] body = new byte[5_000];
    new Random(SEED + number).nextBytes(body);
    return body;
  }

  @Test
  void anImageOfAPackIsOneReadOfItsRecord() throws IOException {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    for (int i = 0; i < IMAGES; i++) {
      writer.image(i, i, body(i));
    }
    writer.close();
    try (Dataset data = open("recordio", "a.rec")) {
      assertThat(ofOneImage(data)).isEqualTo(new Reads(1, 8 + 24 + 5_000));
    }
  }

  @Test
  void anImageOfAnLmdbIsReadsOfItsNodeAndValue() throws Exception {
    List<TestLmdb.Entry> entries = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      entries.add(new TestLmdb.Entry("key%04d".formatted(i), i, body(i)));
    }
    TestLmdb.write(dir.resolve("db"), entries);
    try (Dataset data = open("lmdb", "db")) {
      assertThat(ofOneImage(data).bytes()).isBetween(5_000L, 5_100L);
    }
  }

  /** A pack whose .idx has a line a record, at offsets that need not be those of records. */
  private RecordIoFile packWithLines(List<String> lines) throws IOException {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("b.rec"));
    writer.image(0, 0, body(0));
    writer.close();
    Files.write(dir.resolve("b.idx"), lines);
    return RecordIoFile.open(dir.resolve("b.rec"));
  }

  @Test
  void theKeyOfAFaultIsFoundWithoutAWalk() throws IOException {
    Random random = new Random(SEED);
    List<String> lines = new ArrayList<>();
    List<long[]> known = new ArrayList<>();
    long offset = 0;
    for (int i = 0; i < 3_000; i++) {
      long[] line = {random.nextInt(1 << 30), offset};
      known.add(line);
      lines.add(line[0] + "\t" + line[1] + (i % 7 == 0 ? "\r" : ""));
      if (i % 11 == 0) {
        lines.add("");
      }
      offset += 4L * (1 + random.nextInt(5_000));
    }
    RecordIoFile pack = packWithLines(lines);
    for (long[] line : known) {
      assertThat(RecordIoKeys.keyOf(pack, line[1])).as("seed %d", SEED).isEqualTo(line[0]);
      assertThat(RecordIoKeys.keyOf(pack, line[1] + 1)).isEqualTo(-1);
    }
    assertThat(pack.describe(RecordIoKeys.keyOf(pack, 1), 1)).endsWith("b.rec (offset 1)");
    // A walk would fail at the line that is no line; it may only look at a few.
    lines.set(1_500, "damage");
    Files.write(dir.resolve("b.idx"), lines);
    assertThat(RecordIoKeys.keyOf(pack, known.get(2_900)[1])).isEqualTo(known.get(2_900)[0]);
  }

  @Test
  void aPackWithoutAnIndexNamesOffsetsAlone() throws IOException {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("c.rec"));
    writer.image(0, 0, body(0));
    writer.close();
    Files.delete(dir.resolve("c.idx"));
    try (Dataset data = open("recordio", "c.rec")) {
      assertThat(data.describe(0)).endsWith("c.rec (offset 0)");
    } catch (BadDataException e) {
      throw new AssertionError(e);
    }
  }

  private Dataset open(String format, String name) {
    return DataSets.open(new DataConfig.Source(format, dir.resolve(name).toString()));
  }
}
