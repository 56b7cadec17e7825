package ffc.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes what was opened together, the last first; one that fails does not keep the others open. A
 * constructor that builds several parts adds each as it is made and closes all if it cannot finish:
 *
 * <pre>
 * try {
 *   first = closer.add(new First());
 *   second = closer.add(new Second(first));
 * } catch (Throwable e) {
 *   closer.closeAfter(e);
 *   throw e;
 * }
 * </pre>
 */
public final class Closer implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** A closer of parts that are there, in the order in which they were opened. */
  public static Closer of(AutoCloseable... parts) {
    Closer closer = new Closer();
    for (AutoCloseable part : parts) {
      closer.add(part);
    }
    return closer;
  }

  /** Takes over a part and returns it. */
  public <T extends AutoCloseable> T add(T part) {
    open.push(part);
    return part;
  }

  /** Closes all after a failure, which keeps what goes wrong meanwhile. */
  public void closeAfter(Throwable failure) {
    closeAll(failure);
  }

  /**
   * Closes all; parts that were closed before are not closed again.
   *
   * @throws RuntimeException the first failure of a part, with those of others suppressed; an
   *     {@link IOException} is wrapped. All parts are closed nevertheless
   */
  @Override
  public void close() {
    Throwable failure = closeAll(null);
    if (failure instanceof Error error) {
      throw error;
    } else if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    } else if (failure instanceof IOException io) {
      throw new UncheckedIOException(io);
    } else if (failure != null) {
      throw new IllegalStateException(failure);
    }
  }

  private Throwable closeAll(Throwable before) {
    Throwable failure = before;
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Throwable e) {
        if (failure == null) {
          failure = e;
        } else if (failure != e) { // nothing can suppress itself
          failure.addSuppressed(e);
        }
      }
    }
    return failure;
  }
}
