package ffc.pfc.partialfc;

import ffc.exchange.Contribution;
import ffc.exchange.EpochEndedException;
import ffc.exchange.GlobalBatch;
import ffc.exchange.GroupExchange;
import ffc.exchange.Replica;
import ffc.exchange.Turn;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Trainers as threads of one process. As in a real cluster an epoch of membership can end in any
 * call, for some trainers after the call was through; then all come together again and those who
 * are behind load the state of the most advanced.
 */
final class ThreadCluster {
  private static final Turn TURN = new Turn();

  /** Runs a trainer; another one computes only while this one waits for it. */
  static <T> T inTurn(Callable<T> trainer) throws Exception {
    return TURN.take(trainer);
  }

  private static <T> T aside(Supplier<T> wait) {
    try {
      return TURN.aside(wait::get);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a trainer meets that is killed; its thread may start another in its place. */
  static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** What goes wrong, once. */
  enum Fault {
    /** The epoch ends before the call. */
    endBefore,
    /** The epoch ends when the call is through for all others. */
    endAfter,
    /** The trainer dies instead of making the call. */
    kill
  }

  private final int trainers;
  private final CyclicBarrier joining;
  private final Object[] given;
  private final Replica[] replicas;
  private final byte[][] states;
  private final Exchange[] exchanges;
  private List<Object> results;
  private int came;
  private long callsDone;
  private boolean ended;
  private int faultRank = -1;
  private long faultCall;
  private Fault fault;

  ThreadCluster(int trainers) {
    this.trainers = trainers;
    joining = new CyclicBarrier(trainers);
    given = new Object[trainers];
    replicas = new Replica[trainers];
    states = new byte[trainers][];
    exchanges = new Exchange[trainers];
  }

  /** Lets something go wrong in a trainer's call of that number, counted from 0. */
  ThreadCluster with(Fault what, int rank, long call) {
    fault = what;
    faultRank = rank;
    faultCall = call;
    return this;
  }

  /** A trainer of the cluster; a replacement counts its calls anew. */
  Exchange trainer(int rank) {
    exchanges[rank] = new Exchange(rank);
    return exchanges[rank];
  }

  /** The calls that the last trainer of a rank has made, by name. */
  List<String> calls(int rank) {
    return exchanges[rank].calls;
  }

  private List<Object> all(int rank, Object mine) {
    return aside(() -> putDown(rank, mine));
  }

  private synchronized List<Object> putDown(int rank, Object mine) {
    if (ended) {
      throw new EpochEndedException("another trainer was lost");
    }
    given[rank] = mine;
    long call = callsDone;
    if (++came == trainers) {
      results = List.copyOf(Arrays.asList(given));
      came = 0;
      callsDone++;
      notifyAll();
      return results;
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (callsDone == call && !ended) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("another trainer failed");
      }
      try {
        wait(1000);
      } catch (InterruptedException e) {
        throw new IllegalStateException("another trainer failed", e);
      }
    }
    if (callsDone == call) {
      throw new EpochEndedException("another trainer was lost");
    }
    return results;
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  private void together(int rank, Replica mine) {
    try {
      replicas[rank] = mine;
      await();
      if (rank == 0) {
        came = 0;
        ended = false;
      }
      int source = 0;
      for (int i = 1; i < trainers; i++) {
        source = replicas[i].step() > replicas[source].step() ? i : source;
      }
      boolean behind = mine.step() < replicas[source].step();
      if (rank == source) {
        ByteArrayOutputStream state = new ByteArrayOutputStream();
        mine.save(new DataOutputStream(state));
        states[rank] = state.toByteArray();
      }
      await();
      if (behind) {
        mine.load(new DataInputStream(new ByteArrayInputStream(states[source])));
      }
      await();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void await() {
    aside(this::join);
  }

  private int join() {
    try {
      return joining.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IllegalStateException("another trainer failed", e);
    }
  }

  /** One trainer's end. */
  final class Exchange implements GroupExchange {
    private final List<String> calls = new ArrayList<>();

    private final int rank;
    private Replica replica;

    private Exchange(int rank) {
      this.rank = rank;
    }

    @SuppressWarnings("unchecked") // all threads put down the same type in the same call
    private <T> List<T> call(String name, T mine) {
      boolean now = faultRank == rank && calls.size() == faultCall;
      calls.add(name);
      if (!now) {
        return (List<T>) all(rank, mine);
      }
      faultRank = -1;
      if (fault == Fault.endAfter) {
        all(rank, mine);
      }
      end();
      if (fault == Fault.kill) {
        throw new Killed();
      }
      throw new EpochEndedException("as the test wants it");
    }

    @Override
    public boolean begin(Replica mine) {
      replica = mine;
      return rejoin();
    }

    @Override
    public boolean rejoin() {
      together(rank, replica);
      return true;
    }

    @Override
    public int trainers() {
      return trainers;
    }

    @Override
    public int rank() {
      return rank;
    }

    /** What must be equal on all trainers is compared before every step. */
    @Override
    public void beginStep(long step) {
      if (step != replica.step()) {
        throw new AssertionError("step " + step + " of a trainer at step " + replica.step());
      }
      List<Map<String, Long>> all = call("begin step " + step, replica.arrayHashes());
      for (Map<String, Long> hashes : all) {
        if (!hashes.equals(all.get(0))) {
          throw new AssertionError("step " + step + ": " + hashes + ", " + all.get(0));
        }
      }
    }

    @Override
    public GlobalBatch exchange(long step, Contribution mine) {
      if (step != replica.step()) {
        throw new AssertionError("exchange " + step + " of a trainer at step " + replica.step());
      }
      return GlobalBatch.of(call("exchange " + step, mine));
    }

    @Override
    public void allReduceSum(float[] values, Wire wire) {
      float[] sum = new float[values.length];
      for (float[] theirs : call("sum of " + values.length, values.clone())) {
        for (int i = 0; i < sum.length; i++) {
          sum[i] += theirs[i];
        }
      }
      System.arraycopy(sum, 0, values, 0, sum.length);
    }

    @Override
    public List<byte[]> allGather(byte[] mine) {
      return call("gather", mine);
    }

    @Override
    public List<byte[]> meet(byte[] mine) {
      return call("meet", mine);
    }

    @Override
    public Map<String, Double> statistics() {
      return Map.of();
    }

    @Override
    public void finish() {}

    @Override
    public void giveUp() {}

    @Override
    public void close() {}
  }
}
