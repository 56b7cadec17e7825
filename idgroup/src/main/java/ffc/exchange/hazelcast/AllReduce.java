package ffc.exchange.hazelcast;

import ffc.exchange.hazelcast.ClusterConfig.WirePrecision;
import java.nio.ByteBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;

/**
 * Sums float arrays over the trainers of an epoch: each trainer sums, in rank order, the chunks it
 * is responsible for and hands them round, so all get the same bits. Works in rounds of one chunk a
 * trainer; while a round is summed, the next one's chunks and the last one's sums are on their way.
 */
// N trainers, C floats a chunk; round k covers floats [k·N·C, (k + 1)·N·C)
final class AllReduce {
  private static final int CHUNK_FLOATS = 1 << 18;

  private final Epoch epoch;
  private final int n;
  private final int me;

  /** Rounds done in this epoch: records are numbered by round. */
  private long roundsDone;

  private float[] sum = new float[0];
  private float[] theirs = new float[0];

  AllReduce(Epoch epoch) {
    this.epoch = epoch;
    n = epoch.size();
    me = epoch.position();
  }

  void sum(float[] values, WirePrecision precision) {
    if (n == 1 || values.length == 0) {
      return;
    }
    int chunk = Math.min(CHUNK_FLOATS, (values.length + n - 1) / n);
    if (sum.length < chunk) {
      sum = new float[chunk];
      theirs = new float[chunk];
    }
    new Call(values, chunk, precision).run();
  }

  /** One array on its way. */
  private final class Call {
    private final float[] values;
    private final int chunk;
    private final WirePrecision precision;
    private final int rounds;

    Call(float[] values, int chunk, WirePrecision precision) {
      this.values = values;
      this.chunk = chunk;
      this.precision = precision;
      rounds = (int) ((values.length + (long) n * chunk - 1) / ((long) n * chunk));
    }

    void run() {
      // Nobody is more than two rounds ahead: a round is summed when all have scattered it.
      for (int k = 0; k < rounds + 2; k++) {
        if (k < rounds) {
          scatter(k);
        }
        if (k >= 1 && k - 1 < rounds) {
          sumMine(k - 1);
        }
        if (k >= 2) {
          takeOthers(k - 2);
        }
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
          int from = from(round, owner);
          epoch.send(owner, frame(Frames.CHUNK, round, from, from(round, owner + 1) - from));
        }
      }
    }

    private void sumMine(int round) {
      int from = from(round, me);
      int floats = from(round, me + 1) - from;
      if (precision == WirePrecision.bf16) {
        for (int j = from; j < from + floats; j++) {
          values[j] = fromBf16(toBf16(values[j])); // as the others' parts came
        }
      }
      Arrays.fill(sum, 0, floats, 0);
      for (int i = 0; i < n; i++) {
        if (i == me) {
          add(values, from, floats);
        } else {
          receive(Frames.CHUNK, round, i, theirs, 0, floats);
          add(theirs, 0, floats);
        }
      }
      System.arraycopy(sum, 0, values, from, floats);
      byte[] frame = frame(Frames.SUM, round, from, floats);
      for (int i = 0; i < n; i++) {
        if (i != me) {
          epoch.send(i, frame);
        }
      }
      if (precision == WirePrecision.bf16) {
        for (int j = from; j < from + floats; j++) {
          values[j] = fromBf16(toBf16(values[j])); // as the others get it
        }
      }
    }

    private void add(float[] addends, int from, int floats) {
      for (int j = 0; j < floats; j++) {
        sum[j] += addends[from + j];
      }
    }

    private void takeOthers(int round) {
      for (int i = 0; i < n; i++) {
        if (i != me) {
          int from = from(round, i);
          receive(Frames.SUM, round, i, values, from, from(round, i + 1) - from);
        }
      }
    }

    private byte[] frame(int kind, int round, int from, int floats) {
      ByteBuffer frame = epoch.begin(kind, roundsDone + round, 0, floats * bytes());
      if (precision == WirePrecision.fp32) {
        frame.asFloatBuffer().put(values, from, floats);
      } else {
        ShortBuffer halves = frame.asShortBuffer();
        for (int j = 0; j < floats; j++) {
          halves.put(j, toBf16(values[from + j]));
        }
      }
      return epoch.frames().seal(frame);
    }

    private void receive(int kind, int round, int of, float[] into, int from, int floats) {
      ByteBuffer payload = epoch.receive(kind, roundsDone + round, of).payload();
      if (payload.remaining() != floats * bytes()) {
        throw new IllegalArgumentException(
            String.format(
                "cluster: %s %d of rank %d has %d bytes, wanted %d; the trainers' networks or"
                    + " cluster.gradients differ",
                Frames.name(kind),
                roundsDone + round,
                epoch.rank(of),
                payload.remaining(),
                floats * bytes()));
      }
      if (precision == WirePrecision.fp32) {
        payload.asFloatBuffer().get(into, from, floats);
      } else {
        ShortBuffer halves = payload.asShortBuffer();
        for (int j = 0; j < floats; j++) {
          into[from + j] = fromBf16(halves.get(j));
        }
      }
    }

    private int bytes() {
      return precision == WirePrecision.bf16 ? 2 : 4;
    }
  }

  /** The upper half of a float's bits, rounded to the nearest, ties to even. */
  private static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short)
        (Float.isNaN(value) ? bits >>> 16 | 1 : (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  private static float fromBf16(short half) {
    return Float.intBitsToFloat(half << 16);
  }
}
