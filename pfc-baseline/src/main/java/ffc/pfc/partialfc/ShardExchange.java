package ffc.pfc.partialfc;

import ai.djl.ndarray.NDArray;
import ffc.core.method.DevicePair;
import ffc.core.method.JointForward;
import ffc.engine.HostReads;
import ffc.engine.Upload;
import ffc.exchange.Contribution;
import ffc.exchange.GlobalBatch;
import ffc.exchange.GroupExchange;
import ffc.exchange.Side;
import ffc.idgroup.FloatRows;
import ffc.pfc.classes.ClassRange;
import ffc.pfc.softmax.Samples;
import ffc.pfc.softmax.Shards;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Shards as trainers: in a step each tells all the identities of its batch, then, slice by slice,
 * the embeddings of its samples; what each computes from its classes is added up. Alone, a trainer
 * exchanges nothing and copies nothing.
 */
public final class ShardExchange implements Shards {
  // N trainers, B pairs of a trainer, b of a slice, E embedding

  private final GroupExchange exchange;
  private GlobalBatch batch;

  public ShardExchange(GroupExchange exchange) {
    this.exchange = exchange;
  }

  /** The classes of this trainer. */
  public ClassRange range(long classes) {
    return ClassRange.of(classes, exchange.rank(), exchange.trainers());
  }

  /**
   * The first exchange of a step.
   *
   * @return identities of the global batch
   */
  public long[] ids(long step, DevicePair pair) {
    // All pairs as instances: each side comes back rank after rank. A row must have a value.
    batch = exchange.exchange(step, new Contribution(0, side(pair.xIds()), side(pair.yIds())));
    return JointForward.concat(batch.x().ids(), batch.y().ids());
  }

  private static Side side(long[] ids) {
    return new Side(ids, new FloatRows(ids.length, 1));
  }

  /**
   * The samples of a slice over all trainers, rank after rank.
   *
   * @param unitBE this trainer's, f32 [2b, E]
   */
  public Samples samples(NDArray unitBE, JointForward.Slice slice) {
    return samples(unitBE, null, slice);
  }

  /**
   * As {@link #samples(NDArray, JointForward.Slice)}, with norms.
   *
   * @param normB1 of this trainer's samples, f32 [2b, 1]; null if nobody asks for them
   */
  public Samples samples(NDArray unitBE, NDArray normB1, JointForward.Slice slice) {
    int trainers = exchange.trainers();
    if (trainers == 1) {
      NDArray normB = normB1 == null ? null : normB1.flatten();
      return new Samples(unitBE, normB, slice.ids(), 0, slice.ids().length);
    }
    int rows = slice.ids().length;
    int dim = (int) unitBE.getShape().get(1);
    float[] values = new float[Math.toIntExact((long) trainers * rows * dim)];
    float[] norms = new float[normB1 == null ? 0 : trainers * rows];
    long[] ids = new long[trainers * rows];
    NDArray sent = normB1 == null ? unitBE : unitBE.flatten().concat(normB1.flatten());
    List<byte[]> all = exchange.allGather(bytes(HostReads.floats(sent)));
    int pairs = batch.x().ids().length / trainers;
    for (int rank = 0; rank < trainers; rank++) {
      FloatBuffer theirs = floats(all.get(rank)).get(values, rank * rows * dim, rows * dim);
      theirs.get(norms, rank * norms.length / trainers, norms.length / trainers);
      int from = rank * pairs + slice.from();
      System.arraycopy(batch.x().ids(), from, ids, rank * rows, rows / 2);
      System.arraycopy(batch.y().ids(), from, ids, rank * rows + rows / 2, rows / 2);
    }
    NDArray allBE = Upload.to(unitBE.getManager(), values).reshape(ids.length, dim);
    int mine = exchange.rank() * rows;
    NDArray normB = normB1 == null ? null : Upload.to(unitBE.getManager(), norms);
    return new Samples(allBE, normB, ids, mine, mine + rows);
  }

  @Override
  public NDArray sum(NDArray part) {
    if (exchange.trainers() == 1) {
      return part;
    }
    float[] values = HostReads.floats(part);
    exchange.allReduceSum(values, GroupExchange.Wire.exact);
    return Upload.to(part.getManager(), values, part.getShape());
  }

  @Override
  public NDArray largest(NDArray part) {
    if (exchange.trainers() == 1) {
      return part;
    }
    float[] values = HostReads.floats(part);
    for (byte[] theirs : exchange.allGather(bytes(values))) {
      FloatBuffer other = floats(theirs);
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.max(values[i], other.get(i));
      }
    }
    return Upload.to(part.getManager(), values, part.getShape());
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(4, values.length));
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return bytes.array();
  }

  private static FloatBuffer floats(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }
}
