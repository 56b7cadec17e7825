package ffc.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.BooleanSupplier;

/**
 * Turns SIGINT and SIGTERM into a wish to stop; a second one ends the process at once. The process
 * then exits with 128 + the number of the signal, as shells and schedulers expect.
 */
final class StopSignal implements BooleanSupplier {
  private static final int INT = 2;
  private static final int TERM = 15;

  /**
   * System property of a trainer that another process of this program has started: Ctrl-C, which
   * reaches both, is for the other to pass on; the end of the standard input means that it died.
   */
  static final String SUPERVISED = "ffc.supervised";

  private final PrintStream err;
  private final String what;
  private volatile int received;

  private StopSignal(PrintStream err, String what) {
    this.err = err;
    this.what = what;
  }

  /** Starts listening; messages go to {@code err}. */
  static StopSignal install(PrintStream err) {
    return install(err, "stopping; a step under way is finished and kept in a checkpoint");
  }

  /**
   * Starts listening.
   *
   * @param what said when the first signal comes
   */
  static StopSignal install(PrintStream err, String what) {
    StopSignal stop = new StopSignal(err, what);
    if (Boolean.getBoolean(SUPERVISED)) {
      stop.handle("INT", 0);
      Thread watcher = new Thread(stop::waitForTheEndOfInput, "ffc-supervisor");
      watcher.setDaemon(true);
      watcher.start();
    } else {
      stop.handle("INT", INT);
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

  /** Exit code of a process that was asked to stop. */
  int exitCode() {
    return 128 + received;
  }

  private void onSignal(int number) {
    if (number == 0) {
      return;
    }
    if (received != 0) {
      Runtime.getRuntime().halt(exitCode());
    }
    received = number;
    if (!Boolean.getBoolean(SUPERVISED)) {
      err.println();
      err.println("ffc: " + what + " (once more: at once)");
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
