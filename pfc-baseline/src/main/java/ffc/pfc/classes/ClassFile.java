package ffc.pfc.classes;

import ffc.core.checkpoint.CheckpointInput;
import ffc.core.checkpoint.Relay;
import ffc.exchange.GroupExchange;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * The class centres of all trainers in one stream, in the order of the classes: it says nothing of
 * who holds what. Saving and loading are calls of all trainers together.
 *
 * <pre>
 * classes := format:i32 classes:i64 dim:i32 states:i32 counted:i32 flags:i64{⌈classes / 64⌉} row*
 * row     := centre:f32{dim} state:f32{dim}{states} updates:f32{counted}
 * </pre>
 *
 * Bit c of the flags is set if class c has been given values; its row follows, ascending. Integers
 * are big-endian, floats little-endian; counted is 1 if rows count their updates, else 0.
 */
public final class ClassFile {
  private static final int FORMAT = 1;

  private final GroupExchange exchange;
  private final long classes;

  /**
   * @param exchange the way to those who hold the other classes
   * @param classes C, over all trainers
   */
  public ClassFile(GroupExchange exchange, long classes) {
    this.exchange = exchange;
    this.classes = classes;
  }

  /** Something that a trainer has in a stream. */
  private interface Part {
    void write(DataOutputStream out) throws IOException;
  }

  /** What the first trainer makes of another's part. */
  private interface Taking {
    void read(int rank, DataInputStream in) throws IOException;
  }

  /**
   * Writes the rows of all trainers.
   *
   * @param out of the first trainer; the others' may lead nowhere
   */
  public void save(DataOutputStream out, ClassCenters mine) throws IOException {
    out.writeInt(FORMAT);
    out.writeLong(classes);
    out.writeInt(mine.dim());
    out.writeInt(mine.states());
    out.writeInt(mine.countsUpdates() ? 1 : 0);
    RowFlags flags = new RowFlags(classes);
    long[] rows = new long[exchange.trainers()];
    flags.put(mine.range().from(), mine.initialised(), mine.range().size());
    ofOthers(
        mine.initialised()::save,
        (rank, in) -> {
          ClassRange range = ClassRange.of(classes, rank, exchange.trainers());
          RowFlags theirs = new RowFlags(range.size());
          theirs.load(in);
          flags.put(range.from(), theirs, range.size());
          rows[rank] = theirs.count();
        });
    flags.save(out);
    if (exchange.rank() == 0) {
      mine.saveRows(out);
    }
    ofOthers(
        mine::saveRows,
        (rank, in) -> {
          long got = in.transferTo(out);
          long wanted = rows[rank] * mine.rowBytes();
          if (got != wanted) {
            throw new IllegalStateException(
                "cluster: trainer "
                    + rank
                    + " gave "
                    + got
                    + " bytes of class centres for the checkpoint, wanted "
                    + wanted);
          }
        });
  }

  /** Lets the other trainers give a part, one after the other; the first one takes them. */
  private void ofOthers(Part mine, Taking taking) throws IOException {
    for (int rank = 1; rank < exchange.trainers(); rank++) {
      if (rank == exchange.rank()) {
        try (DataOutputStream out = new DataOutputStream(Relay.to(exchange))) {
          mine.write(out);
        }
      } else {
        try (DataInputStream in = new DataInputStream(Relay.from(exchange, rank))) {
          if (exchange.rank() == 0) {
            taking.read(rank, in);
          }
        }
      }
    }
  }

  /**
   * Reads the rows of this trainer's range.
   *
   * @throws IllegalArgumentException if they are those of another experiment, or damaged
   */
  public void load(CheckpointInput in, ClassCenters mine) throws IOException {
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          in.path() + ": class centres of format " + format + ", expected " + FORMAT);
    }
    long storedClasses = in.readLong();
    int storedDim = in.readInt();
    int storedStates = in.readInt();
    boolean storedCounts = in.readInt() != 0;
    if (storedClasses != classes || storedDim != mine.dim()) {
      throw new IllegalArgumentException(
          in.path()
              + ": holds "
              + storedClasses
              + " class centres of "
              + storedDim
              + " values, the experiment has "
              + classes
              + " of "
              + mine.dim());
    }
    if (storedStates != mine.states() || storedCounts != mine.countsUpdates()) {
      throw new IllegalArgumentException(
          in.path()
              + ": class centres with "
              + storedStates
              + " optimiser states a row, optimizer.type asks for "
              + mine.states()
              + "; resume with the optimiser of the checkpoint");
    }
    RowFlags all = new RowFlags(classes);
    all.load(in);
    if (all.count() != all.count(0, classes) || in.left() != all.count() * mine.rowBytes()) {
      throw in.bad(
          in.left()
              + " bytes of class centres, expected "
              + all.count(0, classes)
              + " rows of "
              + mine.rowBytes());
    }
    ClassRange range = mine.range();
    in.skipNBytes(all.count(0, range.from()) * mine.rowBytes());
    RowFlags withValues = new RowFlags(range.size());
    for (long row = 0; row < range.size(); row++) {
      if (all.get(range.from() + row)) {
        withValues.add(row);
      }
    }
    mine.loadRows(in, withValues);
  }
}
