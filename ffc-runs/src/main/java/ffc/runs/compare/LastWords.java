package ffc.runs.compare;

import java.util.concurrent.locks.LockSupport;

/**
 * A line on the error stream, and something to be done, if the JVM is ended before this is closed,
 * as Ctrl-C does.
 */
final class LastWords implements AutoCloseable {
  private final Thread speaker;

  /**
   * @param last done before the JVM ends
   */
  LastWords(String line, Runnable last) {
    speaker =
        new Thread(
            () -> {
              System.err.println(line);
              last.run();
            },
            "last-words");
    Runtime.getRuntime().addShutdownHook(speaker);
  }

  /**
   * Says nothing more, and goes no further, if the JVM is ending: what is seen of other processes
   * then, which the same signal ends, is no news.
   */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(speaker);
    } catch (IllegalStateException e) {
      while (true) {
        LockSupport.park(); // the words are being said, and the JVM waits for nobody else
      }
    }
  }
}
