package ffc.loaders.index;

import ffc.loaders.data.Progress;
import ffc.loaders.table.HeapTable;
import ffc.loaders.table.Source;
import it.unimi.dsi.fastutil.Arrays;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Collects the rows of a walk into sorted runs of bounded size: files of (key1, key2, place), 24
 * bytes a row, little-endian. A run is forced to disk, with the names its rows point to, before the
 * journal counts it, and the journal keeps checksums of both.
 */
final class RunWriter implements Source.RowSink, Closeable {
  static final int ROW_BYTES = 3 * Long.BYTES;

  private final Path folder;
  private final Journal journal;
  private final int rowsPerRun;
  private final Progress progress;
  private final long work;
  private final LongArrayList keys1 = new LongArrayList();
  private final LongArrayList keys2 = new LongArrayList();
  private final LongArrayList places = new LongArrayList();
  private final FileOutputStream nameFile;
  private final BufferedOutputStream names;
  private Source.Position last;
  private final CRC32C nameSum = new CRC32C();
  private long nameBytes;
  private long reported;
  private boolean sorted = true;

  RunWriter(Path folder, Journal journal, int rowsPerRun, long work, Progress progress)
      throws IOException {
    this.folder = folder;
    this.journal = journal;
    this.rowsPerRun = rowsPerRun;
    this.work = work;
    this.progress = progress;
    int done = journal.runs.size();
    nameBytes = done == 0 ? 0 : journal.runs.get(done - 1).nameBytes();
    Path file = folder.resolve(IndexWriter.NAMES);
    if (Files.exists(file)) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(nameBytes); // rows behind the last whole run are walked again
      }
    }
    nameFile = new FileOutputStream(file.toFile(), true);
    names = new BufferedOutputStream(nameFile, 1 << 16);
  }

  static Path file(Path folder, int number) {
    return folder.resolve("run-%05d".formatted(number));
  }

  @Override
  public void part(int part, long base) {
    try {
      journal.part(part, base);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void row(long key1, long key2, long place, Source.Position after, long done) {
    int n = keys1.size();
    if (sorted && n > 0) {
      sorted =
          HeapTable.compare(
                  keys1.getLong(n - 1),
                  keys2.getLong(n - 1),
                  places.getLong(n - 1),
                  key1,
                  key2,
                  place)
              <= 0;
    }
    keys1.add(key1);
    keys2.add(key2);
    places.add(place);
    last = after;
    if (n + 1 >= rowsPerRun && after != null) {
      flush();
    }
    if (done - reported > work / 1000) {
      reported = done;
      progress.report("reading the source", done, work);
    }
  }

  @Override
  public long name(byte[] text, int from, int length) {
    try {
      long at = nameBytes;
      names.write(length);
      names.write(length >>> 8);
      names.write(text, from, length);
      nameSum.update(length);
      nameSum.update(length >>> 8);
      nameSum.update(text, from, length);
      nameBytes += length + 2L;
      return at;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void end(long labels) {
    try {
      if (!keys1.isEmpty()) {
        flush();
      }
      journal.end(labels);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void flush() {
    int rows = keys1.size();
    long[] k1 = keys1.elements();
    long[] k2 = keys2.elements();
    long[] p = places.elements();
    if (!sorted) {
      Arrays.quickSort(
          0,
          rows,
          (a, b) -> HeapTable.compare(k1[a], k2[a], p[a], k1[b], k2[b], p[b]),
          (a, b) -> {
            swap(k1, a, b);
            swap(k2, a, b);
            swap(p, a, b);
          });
    }
    int number = journal.runs.size();
    int[] sums;
    try {
      try (SummedWriter out = new SummedWriter(file(folder, number))) {
        for (int i = 0; i < rows; i++) {
          out.putLong(k1[i]);
          out.putLong(k2[i]);
          out.putLong(p[i]);
        }
        sums = out.finish();
      }
      names.flush();
      nameFile.getChannel().force(true);
      int named = (int) nameSum.getValue();
      journal.run(new Journal.Run(number, rows, nameBytes, named, sums, last));
      nameSum.reset();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    keys1.clear();
    keys2.clear();
    places.clear();
    sorted = true;
  }

  private static void swap(long[] values, int a, int b) {
    long value = values[a];
    values[a] = values[b];
    values[b] = value;
  }

  @Override
  public void close() throws IOException {
    names.close();
  }
}
