package ffc.core;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes what was opened together, the last first; one that fails does not keep the others open. A
 * constructor that builds several parts adds each as it is made and closes all if it cannot finish.
 */
public final class Closer implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** Takes over a part and returns it. */
  public <T extends AutoCloseable> T add(T part) {
    open.push(part);
    return part;
  }

  /** Closes all after a failure, which keeps what goes wrong meanwhile. */
  public void closeAfter(Throwable failure) {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        failure.addSuppressed(e);
      }
    }
  }

  /**
   * Closes all.
   *
   * @throws IllegalStateException if a part could not be closed; all others are
   */
  @Override
  public void close() {
    IllegalStateException failure = new IllegalStateException("not everything could be closed");
    closeAfter(failure);
    if (failure.getSuppressed().length > 0) {
      throw failure;
    }
  }
}
