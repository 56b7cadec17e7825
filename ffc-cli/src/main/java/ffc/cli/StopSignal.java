package ffc.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Turns SIGINT, SIGTERM and SIGHUP (a terminal or connection that closes) into a wish to stop; a
 * second one ends the process at once; within a second it is the same wish that has come twice, as
 * {@code timeout} signals a process and its whole group. The process then exits with 128 + the
 * number of the signal, as shells and schedulers expect. A signal that is ignored when the process
 * starts, as SIGHUP is under nohup, stays ignored.
 *
 * <p>A trainer that another process of this program has started is stopped by the end of its
 * standard input, which its starter brings about or leaves behind. It never ends at once by itself:
 * a signal to a whole group of processes reaches it as well as its starter, so that one wish may
 * arrive in several ways, and the second wish is the starter's to carry out.
 */
final class StopSignal implements BooleanSupplier {
  static final int HUP = 1;
  static final int INT = 2;
  static final int TERM = 15;

  /**
   * System property of a trainer that another process of this program has started: Ctrl-C and the
   * end of a terminal, which reach both, are for the other to pass on.
   */
  static final String SUPERVISED = "ffc.supervised";

  /** What a process that makes steps says when the first signal comes. */
  static final String STEP_IS_KEPT =
      "stopping; a step under way is finished and kept in a checkpoint";

  private static final long SAME_WISH_NANOS = 1_000_000_000;

  private final PrintStream err;
  private final Supplier<String> what;
  private final Runnable last;
  private final boolean supervised = Boolean.getBoolean(SUPERVISED);
  private volatile int received;
  private volatile long receivedAt;

  private StopSignal(PrintStream err, Supplier<String> what, Runnable last) {
    this.err = err;
    this.what = what;
    this.last = last;
  }

  /** Starts listening; messages go to {@code err}. */
  static StopSignal install(PrintStream err) {
    return install(err, STEP_IS_KEPT);
  }

  /**
   * Starts listening.
   *
   * @param what said when the first signal comes
   */
  static StopSignal install(PrintStream err, String what) {
    return install(err, () -> what, () -> {});
  }

  /**
   * Starts listening.
   *
   * @param what asked for what to say when the first signal comes
   * @param last done before a second signal ends the process; shutdown hooks are not run
   */
  static StopSignal install(PrintStream err, Supplier<String> what, Runnable last) {
    StopSignal stop = new StopSignal(err, what, last);
    if (stop.supervised) {
      stop.handle("INT", 0);
      stop.handle("HUP", 0);
      Thread watcher = new Thread(stop::waitForTheEndOfInput, "ffc-supervisor");
      watcher.setDaemon(true);
      watcher.start();
    } else {
      stop.handle("INT", INT);
      stop.handle("HUP", HUP);
    }
    stop.handle("TERM", TERM);
    return stop;
  }

  private void waitForTheEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // nothing is ever written
      }
    } catch (IOException e) {
      // as good as its end
    }
    if (received == 0) {
      received = TERM;
    }
  }

  @Override
  public boolean getAsBoolean() {
    return received != 0;
  }

  /** Exit code of a process that was asked to stop, itself or through another trainer. */
  int exitCode() {
    return 128 + (received == 0 ? TERM : received);
  }

  private void onSignal(int number) {
    if (number == 0) {
      return;
    }
    if (received != 0 && !supervised) {
      if (System.nanoTime() - receivedAt < SAME_WISH_NANOS) {
        return;
      }
      last.run();
      Runtime.getRuntime().halt(exitCode());
    }
    receivedAt = System.nanoTime();
    received = number;
    if (!supervised) {
      if (System.getProperty("ffc.terminal") != null) {
        err.println(); // after the ^C of the terminal
      }
      err.println("ffc: " + what.get() + " (again after a second: at once)");
    }
  }

  /**
   * The JDK's only way to a signal is sun.misc.Signal, which is exported but makes the compiler
   * warn wherever it is named; so it is called by name.
   */
  private void handle(String name, int number) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler onSignal =
          (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
              onSignal(number);
            }
            return null;
          };
      Object proxy =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, onSignal);
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException e) {
      // A JVM that keeps the signal to itself (-Xrs) ends on it; checkpoints cover that.
      err.println("ffc: SIG" + name + " will end the process at once (" + e.getCause() + ")");
    }
  }
}
