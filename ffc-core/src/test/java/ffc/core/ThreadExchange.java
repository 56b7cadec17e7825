package ffc.core;

import ffc.idgroup.Contribution;
import ffc.idgroup.EpochEndedException;
import ffc.idgroup.GlobalBatch;
import ffc.idgroup.GroupExchange;
import ffc.idgroup.Replica;
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
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Trainers as threads of one process, for tests of what they compute together. */
final class ThreadExchange implements GroupExchange {
  // The engine's convolutions (oneDNN 3.7.1) are not safe when two threads call them at a time
  // (docs/decisions/035-sides-in-turn.md); trainers are processes of their own but for these tests.
  private static final ReentrantLock ENGINE = new ReentrantLock();

  /** Runs a trainer; another one computes only while this one waits for it. */
  static <T> T inTurn(Callable<T> trainer) throws Exception {
    ENGINE.lock();
    try {
      return trainer.call();
    } finally {
      ENGINE.unlock();
    }
  }

  private static <T> T aside(Callable<T> wait) throws Exception {
    boolean held = ENGINE.isHeldByCurrentThread();
    if (held) {
      ENGINE.unlock();
    }
    try {
      return wait.call();
    } finally {
      if (held) {
        ENGINE.lock();
      }
    }
  }

  /** What the threads share. */
  static final class Table {
    private final Object[] places;
    private final CyclicBarrier barrier;

    Table(int trainers) {
      places = new Object[trainers];
      barrier = new CyclicBarrier(trainers);
    }

    @SuppressWarnings("unchecked") // all threads put down the same type in the same call
    private <T> List<T> all(int rank, T mine) {
      try {
        return aside(
            () -> {
              places[rank] = mine;
              barrier.await(60, TimeUnit.SECONDS);
              List<T> all = new ArrayList<>((List<T>) Arrays.asList(places));
              barrier.await(60, TimeUnit.SECONDS);
              return all;
            });
      } catch (Exception e) {
        throw new IllegalStateException("another trainer failed", e);
      }
    }
  }

  private final Table table;
  private final int rank;
  private Replica replica;
  private long failAt = Long.MAX_VALUE;

  ThreadExchange(Table table, int rank) {
    this.table = table;
    this.rank = rank;
  }

  /** Ends the epoch once, in the last exchange of a step. */
  ThreadExchange failingAt(long step) {
    failAt = step;
    return this;
  }

  @Override
  public void begin(Replica mine) {
    replica = mine;
    rejoin();
  }

  @Override
  public void rejoin() {
    try {
      ByteArrayOutputStream state = new ByteArrayOutputStream();
      if (rank == 0) {
        replica.save(new DataOutputStream(state));
      }
      byte[] first = table.all(rank, state.toByteArray()).get(0);
      if (rank != 0) {
        replica.load(new DataInputStream(new ByteArrayInputStream(first)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public int trainers() {
    return table.places.length;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public GlobalBatch exchange(long step, Contribution mine) {
    if (table.all(rank, step).stream().anyMatch(theirs -> theirs != replica.step())) {
      throw new AssertionError("exchange " + step + " of a trainer at step " + replica.step());
    }
    List<Map<String, Long>> hashes = table.all(rank, replica.arrayHashes());
    if (hashes.stream().anyMatch(theirs -> !theirs.equals(hashes.get(0)))) {
      throw new AssertionError("networks differ at step " + step + ": " + hashes);
    }
    return GlobalBatch.of(table.all(rank, mine));
  }

  @Override
  public void allReduceSum(float[] values, Wire wire) {
    float[] sum = new float[values.length];
    for (float[] theirs : table.all(rank, values.clone())) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += theirs[i];
      }
    }
    System.arraycopy(sum, 0, values, 0, sum.length);
  }

  @Override
  public List<byte[]> allGather(byte[] mine) {
    List<byte[]> all = table.all(rank, mine);
    if (replica.step() == failAt) {
      failAt = Long.MAX_VALUE;
      throw new EpochEndedException("as the test wants it");
    }
    return all;
  }

  @Override
  public List<byte[]> meet(byte[] mine) {
    return table.all(rank, mine);
  }

  @Override
  public void keepGroup(long step) {}

  @Override
  public Map<String, Double> statistics() {
    return Map.of();
  }

  @Override
  public void finish() {}

  @Override
  public void close() {}
}
