package ffc.exchange;

import java.util.concurrent.Callable;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets trainers that are threads of one process compute one at a time: another one goes on only
 * while this one waits for it.
 */
// On the CPU the engine's convolutions (oneDNN 3.7.1) are not safe when two threads call them at a
// time: docs/decisions/035-sides-in-turn.md.
public final class Turn {
  private final ReentrantLock lock = new ReentrantLock();

  /** Waits for the turn and works. */
  public <T> T take(Callable<T> work) throws Exception {
    lock.lock();
    try {
      return work.call();
    } finally {
      lock.unlock();
    }
  }

  /** Gives the turn away for the time of a wait, if this thread has it. */
  public <T> T aside(Callable<T> wait) throws Exception {
    boolean held = lock.isHeldByCurrentThread();
    if (held) {
      lock.unlock();
    }
    try {
      return wait.call();
    } finally {
      if (held) {
        lock.lock();
      }
    }
  }
}
