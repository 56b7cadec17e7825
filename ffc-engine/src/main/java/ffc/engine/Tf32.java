package ffc.engine;

import java.util.function.Supplier;

/**
 * Whether matrix products and convolutions of f32 arrays on a GPU may round their inputs to TF32
 * (10 bits of mantissa for 23), which is several times as fast. One setting for the process, off at
 * the start: PyTorch's own default rounds in convolutions and not in products. On the CPU it
 * changes nothing; without the bridge, whose natives alone compute on GPUs, there is nothing to
 * set.
 */
public final class Tf32 {
  private Tf32() {}

  /** Allows the rounding or forbids it, for the whole process. */
  public static void allow(boolean allowed) {
    if (TensorEngine.load().bridged()) {
      Bridge.allowTf32(allowed);
    }
  }

  /** Whether products and convolutions may round. */
  public static boolean isAllowed() {
    return TensorEngine.load().bridged() && Bridge.allowsTf32();
  }

  /** Computes something without the rounding. */
  public static <T> T without(Supplier<T> computation) {
    boolean before = isAllowed();
    if (!before) {
      return computation.get();
    }
    allow(false);
    try {
      return computation.get();
    } finally {
      allow(true);
    }
  }
}
