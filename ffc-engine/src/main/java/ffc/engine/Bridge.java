package ffc.engine;

/**
 * Our own natives under DJL's classes ({@code natives/}), compiled for the PyTorch of the machine;
 * docs/decisions/090-a-bridge-of-our-own.md. Without {@code FFC_TORCH} the engine has those that
 * DJL publishes, and no method of this class may be called but {@link #isThere}.
 */
final class Bridge {
  private Bridge() {}

  /** Whether the engine, which has to be loaded, came with the bridge. */
  static boolean isThere() {
    try {
      return !torchVersion().isEmpty();
    } catch (UnsatisfiedLinkError e) {
      return false; // of DJL's own natives
    }
  }

  /** Version of PyTorch that the bridge was compiled for, such as 2.13.0. */
  static native String torchVersion();

  /** Number of GPUs that PyTorch can use. */
  static native int gpus();

  /**
   * Version of the CUDA runtime that PyTorch has loaded: 1000 times the major one and 10 times the
   * minor one; 0 = none.
   */
  static native int cudaRuntime();

  /** Lets f32 convolutions and matrix products on GPUs round to TF32, or not. */
  static native void allowTf32(boolean allowed);

  /** Whether both may. */
  static native boolean allowsTf32();

  /** Bytes in use by all processes and in all, of one GPU. */
  static native long[] gpuMemory(int gpu);
}
