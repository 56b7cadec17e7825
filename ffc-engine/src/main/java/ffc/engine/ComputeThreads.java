package ffc.engine;

import ai.djl.pytorch.jni.JniUtils;

/** Number of threads that the engine computes with on the CPU. Every calling thread has its own. */
public final class ComputeThreads {
  private ComputeThreads() {}

  /**
   * Sets the number for operators that the calling thread calls. Threads that have called none yet
   * will start with it too.
   *
   * @param number at least 1
   */
  public static void set(int number) {
    // A thread takes over the number of the last call in the process when it first asks, so it must
    // have asked before.
    JniUtils.getNumThreads();
    JniUtils.setNumThreads(number);
  }
}
