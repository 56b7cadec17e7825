package ffc.loaders.index;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Progress;
import ffc.loaders.table.HeapTable;
import ffc.loaders.table.IdentityCounter;
import ffc.loaders.table.LongArray;
import ffc.loaders.table.MappedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/** Merges sorted runs into the table of an index, in memory that does not grow with the rows. */
final class RunMerge {
  private final List<Cursor> cursors = new ArrayList<>();
  private long rows;

  /**
   * @throws BadDataException if a run or the names are not as they were written
   */
  RunMerge(Path folder, List<Journal.Run> runs) {
    String remedy = "remove " + folder + " and build the index again";
    for (Journal.Run run : runs) {
      MappedFile file = MappedFile.open(RunWriter.file(folder, run.number()));
      checkSize(file, RunWriter.ROW_BYTES * run.rows(), remedy);
      cursors.add(new Cursor(new CheckedFile(file, run.sums(), remedy), run.rows()));
      rows += run.rows();
    }
    checkNames(folder, runs, remedy);
  }

  private static void checkNames(Path folder, List<Journal.Run> runs, String remedy) {
    long end = runs.isEmpty() ? 0 : runs.get(runs.size() - 1).nameBytes();
    if (end == 0) {
      return;
    }
    MappedFile names = MappedFile.open(folder.resolve(IndexWriter.NAMES));
    checkSize(names, end, remedy);
    long from = 0;
    for (Journal.Run run : runs) {
      int found = names.crc(from, run.nameBytes());
      if (found != run.nameSum()) {
        throw new BadDataException(
            "%s: bytes from %d to %d have checksum %08x, expected %08x; %s"
                .formatted(names.path(), from, run.nameBytes(), found, run.nameSum(), remedy));
      }
      from = run.nameBytes();
    }
  }

  private static void checkSize(MappedFile file, long bytes, String remedy) {
    if (file.size() != bytes) {
      throw new BadDataException(
          "%s: %d bytes, expected %d; %s".formatted(file.path(), file.size(), bytes, remedy));
    }
  }

  long rows() {
    return rows;
  }

  void into(IndexWriter out, IdentityCounter counter, Progress progress) throws IOException {
    long done = 0;
    // Packs are sorted by label as a rule: then runs follow each other and nothing is compared.
    boolean ordered = true;
    for (int i = 1; i < cursors.size(); i++) {
      ordered &= cursors.get(i - 1).end().compareTo(cursors.get(i)) <= 0;
    }
    if (ordered) {
      for (Cursor cursor : cursors) {
        while (cursor.has()) {
          take(cursor, out, counter);
          done = report(done, progress);
        }
      }
    } else {
      PriorityQueue<Cursor> queue = new PriorityQueue<>(cursors);
      while (!queue.isEmpty()) {
        Cursor cursor = queue.poll();
        Cursor next = queue.peek();
        do {
          take(cursor, out, counter);
          done = report(done, progress);
        } while (cursor.has() && (next == null || cursor.compareTo(next) <= 0));
        if (cursor.has()) {
          queue.add(cursor);
        }
      }
    }
    counter.end();
  }

  private long report(long done, Progress progress) {
    if (done % 1_000_000 == 0) {
      progress.report("merging", done, rows);
    }
    return done + 1;
  }

  private static void take(Cursor cursor, IndexWriter out, IdentityCounter counter)
      throws IOException {
    if (counter.next(cursor.key1, cursor.key2)) {
      out.identity(cursor.key1, cursor.key2);
    }
    out.image(cursor.place);
    cursor.next();
  }

  /** A place in a run, ordered by its current row. */
  private static final class Cursor implements Comparable<Cursor> {
    private final LongArray file;
    private final long rows;
    private long row = -1;
    private long key1;
    private long key2;
    private long place;

    Cursor(LongArray file, long rows) {
      this.file = file;
      this.rows = rows;
      next();
    }

    boolean has() {
      return row < rows;
    }

    void next() {
      row++;
      if (has()) {
        load(row);
      }
    }

    private void load(long at) {
      key1 = file.get(3 * at);
      key2 = file.get(3 * at + 1);
      place = file.get(3 * at + 2);
    }

    /** A cursor at the last row. */
    Cursor end() {
      Cursor end = new Cursor(file, rows);
      end.load(rows - 1);
      return end;
    }

    @Override
    public int compareTo(Cursor other) {
      return HeapTable.compare(key1, key2, place, other.key1, other.key2, other.place);
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }
}
