package ffc.runs.plan;

import ffc.core.method.Footprint;
import java.util.OptionalLong;

/**
 * Memory that a trainer has.
 *
 * @param gpu bytes of its GPU; empty if networks run on the CPU
 * @param machine bytes of the machine's
 */
public record Budget(OptionalLong gpu, long machine) {

  /** For networks that run on the CPU. */
  public static Budget ofMachine(long bytes) {
    return new Budget(OptionalLong.empty(), bytes);
  }

  /** Whether a trainer fits. */
  public boolean fits(Footprint footprint) {
    return gpu.isEmpty()
        ? footprint.total() <= machine
        : footprint.onDevice() <= gpu.getAsLong() && footprint.onHost() <= machine;
  }

  /** Such as {@code 80.0 GB}. */
  @Override
  public String toString() {
    return gpu.isEmpty()
        ? ByteSize.text(machine)
        : ByteSize.text(gpu.getAsLong()) + " of GPU, " + ByteSize.text(machine);
  }
}
