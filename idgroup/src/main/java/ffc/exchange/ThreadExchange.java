package ffc.exchange;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Exchange between trainers in lock-step that are threads of one process, one a device. Their
 * number never changes; when one fails, all do.
 */
public final class ThreadExchange implements GroupExchange {
  private final Hub hub;
  private final int rank;
  private Replica replica;

  private ThreadExchange(Hub hub, int rank) {
    this.hub = hub;
    this.rank = rank;
  }

  /** A trainer's whole life. */
  @FunctionalInterface
  public interface Training<T> {
    /**
     * Trains.
     *
     * @param exchange of this trainer, with its rank
     */
    T train(GroupExchange exchange) throws Exception;
  }

  /**
   * Runs trainers together: the first on the calling thread, the others on threads of their own.
   *
   * @param oneAtATime whether one computes only while the others wait; see {@link Turn}
   * @return what each gives, by rank
   * @throws Exception that of the first trainer that failed by itself
   */
  public static <T> List<T> together(int trainers, boolean oneAtATime, Training<T> training)
      throws Exception {
    Hub hub = new Hub(trainers, oneAtATime);
    List<T> results = new ArrayList<>(Collections.nCopies(trainers, null));
    List<Thread> threads = new ArrayList<>();
    try {
      for (int rank = 1; rank < trainers; rank++) {
        int r = rank;
        Thread thread = new Thread(() -> hub.run(r, training, results), "ffc-trainer-" + rank);
        thread.setDaemon(true);
        thread.start();
        threads.add(thread);
      }
      hub.run(0, training, results);
    } catch (Throwable e) {
      hub.fail(0, e); // no memory for a further thread: those that run wait for it
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join(); // what they read must not be closed before they end
        } catch (InterruptedException e) {
          interrupted = true;
          hub.fail(0, e);
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    hub.throwFailure();
    return results;
  }

  private static final class OtherFailedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    OtherFailedException() {
      super("another trainer of this process failed");
    }
  }

  /** What the trainers of a run share. */
  private static final class Hub {
    private final Object[] given;
    private final Turn turn;
    private List<Object> all;
    private int came;
    private long rounds;
    private final Throwable[] failures;
    private boolean failed;

    Hub(int trainers, boolean oneAtATime) {
      given = new Object[trainers];
      failures = new Throwable[trainers];
      turn = oneAtATime ? new Turn() : null;
    }

    <T> void run(int rank, Training<T> training, List<T> results) {
      try (ThreadExchange exchange = new ThreadExchange(this, rank)) {
        results.set(
            rank,
            turn == null ? training.train(exchange) : turn.take(() -> training.train(exchange)));
      } catch (Throwable e) {
        fail(rank, e);
      }
    }

    synchronized void fail(int rank, Throwable e) {
      if (failures[rank] == null) {
        failures[rank] = e;
      }
      failed = true;
      notifyAll();
    }

    synchronized void throwFailure() throws Exception {
      for (Throwable failure : failures) {
        if (failure instanceof Error error) {
          throw error;
        }
        if (failure != null && !(failure instanceof OtherFailedException)) {
          throw (Exception) failure;
        }
      }
    }

    /** Gives one's part and gets everyone's, by rank. */
    @SuppressWarnings("unchecked") // all give the same type in the same call
    <T> List<T> all(int rank, T mine) {
      try {
        return (List<T>) (turn == null ? swap(rank, mine) : turn.aside(() -> swap(rank, mine)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for another trainer", e);
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    private synchronized List<Object> swap(int rank, Object mine) throws InterruptedException {
      given[rank] = mine;
      long round = rounds;
      if (++came == given.length) {
        all = Collections.unmodifiableList(Arrays.asList(given.clone()));
        came = 0;
        rounds++;
        notifyAll();
        return all;
      }
      while (rounds == round && !failed) {
        wait();
      }
      if (rounds == round) {
        throw new OtherFailedException();
      }
      return all; // the next round cannot end without this trainer
    }
  }

  @Override
  public boolean begin(Replica mine) {
    replica = mine;
    return rejoin();
  }

  /**
   * {@inheritDoc} Those that are behind load the state of the most advanced; then all groups must
   * be equal.
   */
  @Override
  public boolean rejoin() {
    List<Long> steps = hub.all(rank, replica.step());
    int source = steps.indexOf(Collections.max(steps));
    try {
      if (!steps.stream().allMatch(steps.get(source)::equals)) {
        takeOver(source, steps.get(rank) < steps.get(source));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<Long> groups = hub.all(rank, replica.group().stateHash());
    if (!groups.stream().allMatch(groups.get(0)::equals)) {
      throw new IllegalStateException(
          "the trainers of this process are at step "
              + replica.step()
              + " with different groups; start all from one checkpoint");
    }
    return true;
  }

  /** By way of a file: a state may be larger than an array. */
  private void takeOver(int source, boolean behind) throws IOException {
    Path mine = rank == source ? Files.createTempFile("ffc-state-", ".bin") : null;
    try {
      if (mine != null) {
        try (DataOutputStream out =
            new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(mine)))) {
          replica.save(out);
        }
      }
      Path state = hub.all(rank, mine).get(source);
      if (behind) {
        try (DataInputStream in =
            new DataInputStream(new BufferedInputStream(Files.newInputStream(state)))) {
          replica.load(in);
        }
      }
      hub.all(rank, null);
    } finally {
      if (mine != null) {
        Files.deleteIfExists(mine);
      }
    }
  }

  @Override
  public int trainers() {
    return hub.given.length;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public void beginStep(long step) {}

  private record Part(long step, Contribution contribution) {}

  @Override
  public GlobalBatch exchange(long step, Contribution mine) {
    List<Part> parts = hub.all(rank, new Part(step, mine));
    for (Part part : parts) {
      if (part.step() != step) {
        throw new IllegalStateException("got a part of step " + part.step() + " at step " + step);
      }
    }
    return GlobalBatch.of(parts.stream().map(Part::contribution).toList());
  }

  /** {@inheritDoc} Each trainer adds up its share of the elements, for all. */
  @Override
  public void allReduceSum(float[] values, Wire wire) {
    List<float[]> all = hub.all(rank, values);
    int share = (values.length + all.size() - 1) / all.size();
    int from = Math.min(values.length, rank * share);
    int to = Math.min(values.length, from + share);
    float[] sum = new float[to - from];
    for (float[] addends : all) {
      if (addends.length != values.length) {
        throw new IllegalStateException(
            "sum of arrays of " + addends.length + " and " + values.length + " elements");
      }
      for (int i = from; i < to; i++) {
        sum[i - from] += addends[i];
      }
    }
    for (float[] result : all) {
      System.arraycopy(sum, 0, result, from, sum.length);
    }
    hub.all(rank, null);
  }

  @Override
  public List<byte[]> allGather(byte[] mine) {
    return hub.all(rank, mine);
  }

  @Override
  public List<byte[]> meet(byte[] mine) {
    return hub.all(rank, mine);
  }

  @Override
  public Map<String, Double> statistics() {
    return Map.of("trainers", (double) trainers());
  }

  @Override
  public void finish() {}

  @Override
  public void giveUp() {}

  @Override
  public void close() {}
}
