package ffc.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;

/**
 * Fails one call of those that the objects it watches get. Repeated for the first call, the second
 * and so on, it breaks whatever is built on them at each place in turn.
 */
public final class FailingCall {
  /** What the failing call throws. */
  public static final class Injected extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Injected(String call) {
      super("injected into " + call);
    }
  }

  /** Does something with watched objects. */
  @FunctionalInterface
  public interface Use {
    void with(FailingCall calls) throws Exception;
  }

  private static final int CLOSE = -1;

  private final int at;
  private final Map<Class<?>, Integer> closed = new HashMap<>();
  private int calls;

  private FailingCall(int at) {
    this.at = at;
  }

  /** Lets every {@code close} fail when it has closed, and no other call. */
  public static FailingCall ofClose() {
    return new FailingCall(CLOSE);
  }

  /**
   * Uses watched objects again and again until no call of them fails.
   *
   * @param left looks at what a failed use has left
   * @return how many uses failed
   */
  public static int atEachPlace(Use use, Use left) throws Exception {
    for (int at = 0; ; at++) {
      FailingCall calls = new FailingCall(at);
      try {
        use.with(calls);
        return at;
      } catch (Injected e) {
        assertThat(e.getSuppressed()).isEmpty();
        left.with(calls);
      }
    }
  }

  /** How often objects that are watched as a type were closed. */
  public int closes(Class<?> type) {
    return closed.getOrDefault(type, 0);
  }

  /** The same object, its calls counted; {@code close} is passed on without. */
  public <T> T watch(Class<T> type, T real) {
    Object proxy =
        Proxy.newProxyInstance(
            FailingCall.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              boolean close = method.getName().equals("close");
              if (!close && calls++ == at) {
                throw new Injected(type.getSimpleName() + "." + method.getName());
              }
              Object result;
              try {
                result = method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              if (close) {
                closed.merge(type, 1, Integer::sum);
              }
              if (close && at == CLOSE) {
                throw new Injected(type.getSimpleName() + ".close");
              }
              return result;
            });
    return type.cast(proxy);
  }
}
