package ffc.cli.data;

import ffc.loaders.data.Progress;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Shows how far a command has come: one line that is drawn over on a terminal, a line every ten
 * seconds elsewhere. Thread-safe.
 */
public final class WorkProgress implements Progress, AutoCloseable {
  private static final long TERMINAL_NANOS = 100_000_000L;
  private static final long PLAIN_NANOS = 10_000_000_000L;

  private final PrintStream out = System.err;
  private final boolean terminal = System.console() != null;
  private final long start = System.nanoTime();
  private long last = start;
  private boolean drawn;

  @Override
  public synchronized void report(String phase, long done, long total) {
    long now = System.nanoTime();
    if (now - last < (terminal ? TERMINAL_NANOS : PLAIN_NANOS)) {
      return;
    }
    last = now;
    String line =
        total > 0
            ? String.format(
                Locale.ROOT,
                "%s: %,d of %,d (%.0f %%), %d s",
                phase,
                done,
                total,
                100.0 * done / total,
                (now - start) / 1_000_000_000L)
            : String.format(Locale.ROOT, "%s: %,d", phase, done);
    if (terminal) {
      out.print("\r" + line + "\u001b[K");
      drawn = true;
    } else {
      out.println(line);
    }
  }

  /** Clears the line. */
  @Override
  public synchronized void close() {
    if (drawn) {
      out.print("\r\u001b[K");
      out.flush();
    }
  }
}
