package ffc.core.method;

import ai.djl.ndarray.NDArray;
import ffc.core.net.Encoder;
import ffc.core.net.NetworkSize;
import java.util.Arrays;

/**
 * One forward and backward pass of the probe over both sides of a batch together: 2B images, x
 * above y, slice by slice. With slices, batch norm and the loss of a head that compares samples
 * with each other see a slice at a time.
 */
public final class JointForward {
  // b images of a slice and side, E embedding

  private JointForward() {}

  /** A loss on unit embeddings. */
  @FunctionalInterface
  public interface Head {
    /**
     * Scores a slice.
     *
     * @param unitBE unit embeddings, f32 [2b, E], outside of gradient recording
     * @param slice what the rows are
     * @return d loss / d unit embedding, f32 [2b, E]
     */
    NDArray gradient(NDArray unitBE, Slice slice);
  }

  /**
   * The rows of a slice.
   *
   * @param ids identity of each row: x, then y
   * @param images f32 [2b, channels, height, width]
   * @param normB1 norms of the embeddings before normalisation, f32 [2b, 1], without gradient
   * @param share of the batch that the slice is
   * @param from first row of the slice on each side of the batch
   */
  public record Slice(long[] ids, NDArray images, NDArray normB1, double share, int from) {}

  public static void run(Encoder probe, DevicePair pair, StepProfile profile, Head head) {
    for (int i = 0; i < pair.slices(); i++) {
      int from = pair.from(i);
      int to = pair.from(i + 1);
      int slice = i;
      ProbePass.run(
          probe,
          () -> pair.images(slice),
          profile,
          (images, unitBE, normB1) ->
              head.gradient(
                  unitBE,
                  new Slice(
                      concat(
                          Arrays.copyOfRange(pair.xIds(), from, to),
                          Arrays.copyOfRange(pair.yIds(), from, to)),
                      images,
                      normB1,
                      (double) (to - from) / pair.size(),
                      from)));
    }
  }

  /**
   * A method's footprint with the activations of the second side: a trainer predicts those of one
   * side, here both are alive at once.
   *
   * @param images that one forward pass takes, both sides together
   */
  public static Footprint withSecondSide(Footprint footprint, Encoder probe, int images) {
    return withSecondSide(footprint, probe.size(), images / 2);
  }

  /**
   * As {@link #withSecondSide(Footprint, Encoder, int)}, of a network that is not there.
   *
   * @param pairs images a side that one forward pass takes
   */
  public static Footprint withSecondSide(Footprint footprint, NetworkSize probe, int pairs) {
    return footprint.with("activations_second_side", probe.activationBytes(pairs));
  }

  public static long[] concat(long[] x, long[] y) {
    long[] both = Arrays.copyOf(x, x.length + y.length);
    System.arraycopy(y, 0, both, x.length, y.length);
    return both;
  }
}
