package ffc.idgroup.cluster;

import com.hazelcast.ringbuffer.Ringbuffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Sums float arrays over the trainers of an epoch: each trainer sums, in rank order, the chunks it
 * is responsible for and hands them round, so all get the same bits. Works in rounds of one chunk a
 * trainer; the chunks of the next round are on their way while a round is summed.
 */
// N trainers, C floats a chunk; round k covers floats [k·N·C, (k + 1)·N·C)
final class AllReduce {
  private static final int CHUNK_FLOATS = 1 << 18;

  private final Epoch epoch;

  /** Rings of unsummed chunks, by owner, that this trainer writes; none at its own place. */
  private final List<Ringbuffer<byte[]>> scattered = new ArrayList<>();

  /** Rings of unsummed chunks for this trainer, by writer. */
  private final List<Ringbuffer<byte[]>> mine = new ArrayList<>();

  /** Rings of summed chunks, by writer. */
  private final List<Ringbuffer<byte[]>> summed = new ArrayList<>();

  /** Rounds done in this epoch, which is the next sequence in every ring. */
  private long roundsDone;

  // A ring a pair, so that each is read record by record: a read further ahead than the next
  // record is answered with the next one.
  AllReduce(Epoch epoch) {
    this.epoch = epoch;
    for (int i = 0; i < epoch.size(); i++) {
      scattered.add(i == epoch.position() ? null : epoch.chunkRing(epoch.position(), i));
      mine.add(i == epoch.position() ? null : epoch.chunkRing(i, epoch.position()));
      summed.add(epoch.chunkRing(i, i));
    }
  }

  void sum(float[] values, ClusterConfig.WirePrecision precision) {
    int n = epoch.size();
    if (n == 1 || values.length == 0) {
      return;
    }
    new Call(values, Math.min(CHUNK_FLOATS, (values.length + n - 1) / n), precision).run();
  }

  /** One array on its way through the rings. */
  private final class Call {
    private final ClusterConfig.WirePrecision precision;
    private final float[] values;
    private final int chunk;
    private final int n = epoch.size();
    private final int me = epoch.position();
    private final int rounds;
    private final List<CompletionStage<Long>> writes = new ArrayList<>();

    Call(float[] values, int chunk, ClusterConfig.WirePrecision precision) {
      this.precision = precision;
      this.values = values;
      this.chunk = chunk;
      rounds = (int) ((values.length + (long) n * chunk - 1) / ((long) n * chunk));
    }

    void run() {
      scatter(0);
      for (int k = 0; k < rounds; k++) {
        if (k + 1 < rounds) {
          scatter(k + 1);
        }
        sumMine(k);
        handRound(k);
        takeOthers(k);
        finishWrites();
      }
      roundsDone += rounds;
    }

    /** First float of an owner's chunk; the last round's chunks may be short or empty. */
    private int from(int round, int owner) {
      return (int) Math.min(values.length, ((long) round * n + owner) * chunk);
    }

    private void scatter(int round) {
      for (int owner = 0; owner < n; owner++) {
        if (owner != me) {
          write(scattered.get(owner), round, from(round, owner), from(round, owner + 1));
        }
      }
    }

    private void sumMine(int round) {
      int from = from(round, me);
      int to = from(round, me + 1);
      List<CompletionStage<byte[]>> reads = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        reads.add(i == me ? null : epoch.read(mine.get(i), roundsDone + round));
      }
      float[] sum = new float[to - from];
      for (int i = 0; i < n; i++) {
        if (i == me) {
          for (int j = 0; j < sum.length; j++) {
            sum[j] += rounded(values[from + j]);
          }
        } else {
          FloatBuffer theirs = take(reads.get(i), i, roundsDone + round, sum.length);
          for (int j = 0; j < sum.length; j++) {
            sum[j] += theirs.get(j);
          }
        }
      }
      for (int j = 0; j < sum.length; j++) {
        values[from + j] = rounded(sum[j]);
      }
    }

    private void handRound(int round) {
      write(summed.get(me), round, from(round, me), from(round, me + 1));
    }

    private void takeOthers(int round) {
      List<CompletionStage<byte[]>> reads = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        reads.add(i == me ? null : epoch.read(summed.get(i), roundsDone + round));
      }
      for (int i = 0; i < n; i++) {
        if (i != me) {
          int from = from(round, i);
          int to = from(round, i + 1);
          take(reads.get(i), i, roundsDone + round, to - from).get(values, from, to - from);
        }
      }
    }

    private void write(Ringbuffer<byte[]> ring, int round, int from, int to) {
      long number = roundsDone + round;
      ByteBuffer frame = epoch.begin(Frames.CHUNK, number, 0, (to - from) * bytes());
      put(frame, from, to);
      writes.add(epoch.write(ring, epoch.frames().seal(frame), number));
    }

    private void put(ByteBuffer frame, int from, int to) {
      if (precision == ClusterConfig.WirePrecision.fp32) {
        frame.asFloatBuffer().put(values, from, to - from);
        return;
      }
      for (int j = from; j < to; j++) {
        frame.putShort((short) (Float.floatToRawIntBits(rounded(values[j])) >>> 16));
      }
    }

    private void finishWrites() {
      for (CompletionStage<Long> write : writes) {
        epoch.await(write, me, roundsDone);
      }
      writes.clear();
    }

    /** The floats of a record of one trainer. */
    private FloatBuffer take(CompletionStage<byte[]> read, int of, long at, int floats) {
      int rank = epoch.plan().parts().get(of).rank();
      String what = "chunk " + at + " of rank " + rank;
      byte[] bytes = epoch.await(read, of, at);
      ByteBuffer payload =
          epoch.frames().open(bytes, Frames.CHUNK, epoch.plan().nonce(), at, rank, what).payload();
      if (payload.remaining() != floats * bytes()) {
        throw new IllegalArgumentException(
            "cluster: "
                + what
                + " has "
                + payload.remaining()
                + " bytes, wanted "
                + floats * bytes()
                + "; the trainers' networks or cluster.gradients differ");
      }
      if (precision == ClusterConfig.WirePrecision.fp32) {
        return payload.asFloatBuffer();
      }
      FloatBuffer floatsOfShorts = FloatBuffer.allocate(floats);
      for (int j = 0; j < floats; j++) {
        floatsOfShorts.put(j, Float.intBitsToFloat(payload.getShort() << 16));
      }
      return floatsOfShorts;
    }

    private int bytes() {
      return precision == ClusterConfig.WirePrecision.bf16 ? 2 : 4;
    }

    /** The value as the wire carries it; every trainer must add the same numbers. */
    private float rounded(float value) {
      if (precision == ClusterConfig.WirePrecision.fp32 || Float.isNaN(value)) {
        return value;
      }
      int bits = Float.floatToRawIntBits(value);
      return Float.intBitsToFloat((bits + 0x7FFF + ((bits >>> 16) & 1)) & 0xFFFF0000);
    }
  }
}
