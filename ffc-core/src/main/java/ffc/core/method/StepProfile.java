package ffc.core.method;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the time of a step goes: the loop and the method call {@link #lap} at the end of each part,
 * and the time since the last call goes to that part's account. On the CPU every part is done when
 * its call returns; on a device the parts only show where the host waited.
 */
public final class StepProfile {
  private final Map<String, Long> nanos = new LinkedHashMap<>();
  private long last = System.nanoTime();
  private long steps;

  /** Begins a step. */
  public void begin() {
    last = System.nanoTime();
    steps++;
  }

  /** Books the time since the last call. */
  public void lap(String part) {
    long now = System.nanoTime();
    nanos.merge(part, now - last, Long::sum);
    last = now;
  }

  /** Mean milliseconds a step by part, as {@code ms_<part>}, since the last call. */
  public Map<String, Double> take() {
    Map<String, Double> figures = new LinkedHashMap<>();
    nanos.forEach((part, sum) -> figures.put("ms_" + part, sum / 1e6 / Math.max(1, steps)));
    nanos.clear();
    steps = 0;
    return figures;
  }
}
