package ffc.core.ffc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.loss.MarginHead;
import ffc.engine.HostReads;
import ffc.engine.Upload;
import ffc.exchange.GroupExchange;
import ffc.exchange.GroupExchange.Wire;
import ffc.idgroup.Patch;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How the rows of a group learn: SGD with momentum on the unit sphere. A row's gradient is
 * projected onto the plane that touches the sphere there, the row moves along its velocity and is
 * normalised again. A row whose slot gets another identity begins at rest.
 *
 * <p>All work goes block by block, so that beside velocities and gradient nothing of the size of
 * the group is ever made.
 */
final class TrainedRows implements AutoCloseable {
  // K slots, E embedding, n rows of a block

  private static final String FILE = "rows";
  private static final String VELOCITY = "velocity";
  private static final int BLOCK = 8192;

  private final GroupMatrix matrix;
  private final double momentum;
  private final NDManager manager;
  private final NDArray velocityKE;
  private NDArray gradientKE;

  /**
   * @param matrix the rows; stays the caller's
   * @param momentum of the rows, in [0, 1)
   */
  TrainedRows(NDManager parent, GroupMatrix matrix, double momentum) {
    this.matrix = matrix;
    this.momentum = momentum;
    this.manager = parent.newSubManager();
    this.velocityKE =
        manager.zeros(new Shape(matrix.rows().count(), matrix.rows().dim()), matrix.type());
    NDScope.unregister(velocityKE);
  }

  /** Forgets the gradient of a step that came to nothing. */
  void begin() {
    gradientKE = null;
  }

  /**
   * Adds the gradient of a slice.
   *
   * @param sliceKE d loss / d row of the leading slots, f [columns, E]; becomes this object's until
   *     the end of the step
   */
  void add(NDArray sliceKE) {
    if (gradientKE == null) {
      NDScope.unregister(sliceKE);
      gradientKE = sliceKE;
    } else {
      gradientKE.addi(sliceKE);
    }
  }

  /** Adds the gradient up over the trainers: a call of all of them. */
  void exchange(GroupExchange exchange) {
    if (exchange.trainers() > 1) {
      blocks(
          (int) gradientKE.getShape().get(0),
          block -> {
            NDArray partNE = gradientKE.get(block);
            float[] values = HostReads.floats(partNE);
            exchange.allReduceSum(values, Wire.gradients);
            gradientKE.set(block, Upload.to(partNE.getManager(), values, partNE.getShape()));
          });
    }
  }

  /**
   * Moves the rows.
   *
   * @param entered slots whose rows have just begun; already in the matrix
   * @param rate of this step
   */
  void update(Patch entered, double rate) {
    if (entered.slots().length > 0) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        Shape shape = new Shape(entered.slots().length, matrix.rows().dim());
        velocityKE.set(
            new NDIndex("{}", Upload.to(manager, entered.slots())),
            manager.zeros(shape, matrix.type()));
      }
    }
    int columns = (int) gradientKE.getShape().get(0);
    NDArray rowsKE = matrix.view(columns);
    blocks(
        columns,
        block -> {
          NDArray rowNE = rowsKE.get(block);
          NDArray slopeNE = gradientKE.get(block);
          NDArray velocityNE = velocityKE.get(block);
          slopeNE.subi(rowNE.mul(slopeNE.mul(rowNE).sum(new int[] {1}, true)));
          velocityNE.muli(momentum).addi(slopeNE);
          rowNE.subi(velocityNE.mul(rate));
          rowNE.divi(MarginHead.norm(rowNE));
        });
    gradientKE.close();
    gradientKE = null;
  }

  private static void blocks(int count, Consumer<NDIndex> work) {
    for (int from = 0; from < count; from += BLOCK) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        work.accept(new NDIndex(from + ":" + Math.min(count, from + BLOCK)));
      }
    }
  }

  /** A hash of the velocities of the leading slots. */
  long hash(int count) {
    long[] hash = {count};
    blocks(
        count,
        block -> hash[0] = 31 * hash[0] + Arrays.hashCode(HostReads.floats(velocityKE.get(block))));
    return hash[0];
  }

  /** Writes the velocities of the leading slots; no file if there are none. */
  void save(CheckpointWriter out, int count) throws IOException {
    if (count > 0) {
      try (NDArray used = velocityKE.get("0:" + count)) {
        out.tensors(FILE, Map.of(VELOCITY, used));
      }
    }
  }

  /** Reads what {@link #save} wrote; the other slots are at rest. */
  void load(CheckpointReader in, int count) throws IOException {
    begin();
    velocityKE.muli(0);
    if (count > 0) {
      try (NDManager temporary = manager.newSubManager()) {
        Shape shape = new Shape(count, matrix.rows().dim());
        velocityKE.set(new NDIndex("0:" + count), in.tensor(FILE, VELOCITY, shape, temporary));
      }
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
