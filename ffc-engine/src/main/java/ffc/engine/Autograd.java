package ffc.engine;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Supplier;

/**
 * Gradient recording of the calling thread. Recording is off unless a piece of work asks for it:
 * PyTorch switches it on in every fresh thread, where an in-place average of weights would silently
 * record a graph without end, so {@link #off} is called once by each thread that touches tensors.
 */
public final class Autograd {
  private Autograd() {}

  /** Switches recording off for this thread. */
  public static void off() {
    Engine.getEngine("PyTorch"); // loads the natives
    JniUtils.setGradMode(false);
  }

  /** Runs a forward pass with recording on, and off again afterwards. */
  public static NDArray record(Supplier<NDArray> forward) {
    JniUtils.setGradMode(true);
    try {
      return forward.get();
    } finally {
      JniUtils.setGradMode(false);
    }
  }

  /**
   * Adds to the gradients of all weights behind an output, and frees what the forward pass kept.
   *
   * @param output result of {@link #record}
   * @param gradient d loss / d output, same shape and type
   */
  public static void backward(NDArray output, NDArray gradient) {
    JniUtils.backward((PtNDArray) output, (PtNDArray) gradient, false, false);
  }
}
