package ffc.loaders.tools;

import ffc.loaders.data.BadDataException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects faults from several threads; each line once, in the order of what they belong to. */
final class FaultList {
  private record Fault(long order, String line) {}

  private final List<Fault> faults = new ArrayList<>();

  synchronized void add(long order, String line) {
    faults.add(new Fault(order, line));
  }

  /** Runs something and keeps the fault that ends it. */
  void attempt(long order, Runnable work) {
    try {
      work.run();
    } catch (BadDataException e) {
      add(order, e.getMessage());
    }
  }

  synchronized List<String> lines() {
    Set<String> lines = new LinkedHashSet<>();
    faults.stream()
        .sorted(Comparator.comparingLong(Fault::order))
        .forEach(fault -> lines.add(fault.line()));
    return List.copyOf(lines);
  }
}
