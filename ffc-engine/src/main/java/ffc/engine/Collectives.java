package ffc.engine;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A group of processes that compute together by PyTorch's own collectives (c10d): gloo on CPUs,
 * NCCL on GPUs where the bridge was compiled with it. Only with the bridge ({@code FFC_TORCH});
 * docs/decisions/091-collectives-of-pytorch.md.
 *
 * <p>All members make the same calls in the same order, each on one thread, with arrays of the same
 * shapes; each result has the same bits for all. Any call throws an {@link EngineException} if a
 * member is lost, is silent beyond the limit of time, or {@link #abort} was called; the group is of
 * no more use then, and is to be closed, which ends the calls of the others too.
 *
 * <p>Neither the rendezvous nor what travels is authenticated or encrypted.
 */
public final class Collectives implements AutoCloseable {
  /** How soon a call notices that it was aborted. */
  private static final int LOOK_MILLIS = 20;

  private final Device device;
  private final Duration limit;

  /** Completed with the reason why no call is worth anything any more. */
  private final CompletableFuture<String> ended = new CompletableFuture<>();

  /** For what may take long and is not waited for to its end. */
  private final ExecutorService background =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "ffc-collectives");
            thread.setDaemon(true);
            return thread;
          });

  private volatile long rendezvous;
  private volatile long group;

  /**
   * A member that has yet to {@link #join}.
   *
   * @param device on which the arrays will lie
   * @param limit of time for each call
   * @throws EngineException if the engine has no collectives
   */
  public Collectives(Device device, Duration limit) {
    this.device = device;
    this.limit = limit;
    if (kind(device).isEmpty()) {
      throw new EngineException(
          "the engine has no collectives: they come with FFC_TORCH, from a PyTorch that has gloo"
              + " (docs/gpu.md)");
    }
  }

  /**
   * What groups of this process would work by, such as {@code gloo of PyTorch 2.13.0}; members of
   * one group have the same.
   *
   * @return empty if the engine has no collectives
   */
  public static Optional<String> kind(Device device) {
    TensorEngine engine = TensorEngine.load();
    if (!engine.bridged() || !C10d.hasGloo()) {
      return Optional.empty();
    }
    return Optional.of((byNccl(device) ? "nccl" : "gloo") + " of PyTorch " + engine.natives());
  }

  private static boolean byNccl(Device device) {
    return device.isGpu() && C10d.hasNccl();
  }

  /**
   * Opens the group's rendezvous, for the member with rank 0.
   *
   * @param host address to listen at, and at no other
   * @return the port, which the system chooses
   */
  public int listen(String host) {
    rendezvous = C10d.listen(host, limit.toMillis());
    return C10d.port(rendezvous);
  }

  /**
   * Waits until all members have joined.
   *
   * @param host address where the member with rank 0 listens
   * @param port its port
   * @param rank this member's, in [0, size)
   * @param own this member's address: it listens there for the others, on a port that the system
   *     chooses
   */
  public void join(String host, int port, int rank, int size, String own) {
    String what = "joining the other " + (size - 1);
    CompletableFuture<Void> joined =
        CompletableFuture.runAsync(() -> joinNow(host, port, rank, size, own), background);
    try {
      CompletableFuture.anyOf(joined, ended).get();
    } catch (ExecutionException e) {
      throw failure(what, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(what, e);
    }
    checkOpen(what);
  }

  private void joinNow(String host, int port, int rank, int size, String own) {
    if (rendezvous == 0) {
      rendezvous = C10d.connect(host, port, limit.toMillis());
    }
    group = C10d.join(rendezvous, rank, size, own, limit.toMillis(), byNccl(device));
  }

  /**
   * Adds up arrays over the members, in place. A failure leaves some of them added up, others as
   * they were.
   *
   * @param arrays of one type, at least one; in any layout
   * @param divisor of the sums: 1, or the number of members for a mean
   */
  public void allReduce(NDList arrays, double divisor) {
    long[] handles = arrays.stream().mapToLong(array -> ((PtNDArray) array).getHandle()).toArray();
    String what = "adding up " + arrays.size() + " arrays";
    checkOpen(what);
    long call = C10d.startSum(group, handles, divisor);
    try {
      await(call, what);
    } finally {
      C10d.end(call);
    }
  }

  /**
   * Gathers an array of each member.
   *
   * @param mine of one shape and type for all
   * @return [members, ...], in order of rank; owned by the manager of {@code mine}
   */
  public NDArray allGather(NDArray mine) {
    String what = "gathering arrays";
    checkOpen(what);
    long call = C10d.startGather(group, ((PtNDArray) mine).getHandle());
    try {
      await(call, what);
      return new PtNDArray((PtNDManager) mine.getManager(), C10d.gathered(call));
    } finally {
      C10d.end(call);
    }
  }

  private void await(long call, String what) {
    try {
      while (!C10d.advance(call, LOOK_MILLIS)) {
        checkOpen(what);
      }
    } catch (EngineException e) {
      throw failure(what, e);
    }
  }

  private void checkOpen(String what) {
    if (group == 0 || ended.isDone()) {
      throw new EngineException(
          what + ": " + (ended.isDone() ? ended.join() : "this process has not joined the others"));
    }
  }

  private EngineException failure(String what, Throwable cause) {
    String reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    ended.complete(reason);
    return new EngineException(reason.startsWith(what) ? reason : what + ": " + reason, cause);
  }

  /**
   * Ends the calls that wait in this process, now and later; from any thread.
   *
   * @param reason for the text of their exceptions
   */
  public void abort(String reason) {
    ended.complete(reason);
    synchronized (this) {
      if (group != 0) {
        C10d.abort(group);
      }
    }
  }

  /** Leaves the group, without waiting for what may still be under way. */
  @Override
  public void close() {
    ended.complete("this process has left");
    if (!background.isShutdown()) {
      background.execute(this::free);
      background.shutdown();
    }
  }

  private void free() {
    long left;
    synchronized (this) {
      left = group;
      group = 0;
    }
    if (left != 0) {
      C10d.leave(left);
    }
    if (rendezvous != 0) {
      C10d.part(rendezvous);
    }
  }
}
