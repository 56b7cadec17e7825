package ffc.loaders.bench;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.table.RecordDataset;
import ffc.loaders.tools.RecordIoWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * Bytes that come from the disk for images read in a random order, while nothing of the pack is in
 * the page cache. {@code bench/cold_reads} runs it.
 */
public final class ColdReads {
  private ColdReads() {}

  /** {@code make FOLDER IMAGES BYTES}: a pack with an index; {@code read FOLDER IMAGES}. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[1]);
    int count = Integer.parseInt(args[2]);
    if (args[0].equals("make")) {
      make(folder, count, Integer.parseInt(args[3]));
    } else {
      read(folder, count);
    }
  }

  private static void make(Path folder, int images, int bytes) throws IOException {
    Random random = new Random(1);
    byte[] image = new byte[bytes];
    Path rec = folder.resolve("train.rec");
    try (RecordIoWriter writer = new RecordIoWriter(rec, images / 4)) {
      for (int i = 0; i < images; i++) {
        if (i % 4 == 0) {
          writer.identity();
        }
        random.nextBytes(image);
        writer.image(ByteBuffer.wrap(image));
      }
      writer.commit(112, 112);
    }
    IndexBuilder.build(
        new DataConfig.Source("recordio", rec.toString()),
        folder.resolve("index"),
        IndexBuilder.ROWS_PER_RUN,
        Progress.NONE);
  }

  private static void read(Path folder, int count) throws IOException {
    Random random = new Random(2);
    try (Dataset set =
        DataSets.open(new DataConfig.Source("index", folder.resolve("index").toString()))) {
      RecordDataset records = (RecordDataset) set;
      records.encoded(0); // classes are loaded
      long before = fromDisk();
      long wanted = 0;
      for (int i = 0; i < count; i++) {
        wanted += records.encoded((long) (random.nextDouble() * set.images())).remaining();
      }
      System.out.printf(
          "%d of %d images, %.1f MB wanted, %.1f MB from the disk%n",
          count, set.images(), wanted / 1e6, (fromDisk() - before) / 1e6);
    }
  }

  private static long fromDisk() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
      if (line.startsWith("read_bytes: ")) {
        return Long.parseLong(line.substring(12));
      }
    }
    throw new IOException("/proc/self/io says nothing of read_bytes");
  }
}
