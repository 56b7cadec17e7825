package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.engine.Closer;
import ffc.engine.NativeOps;

/**
 * A network of the probe's structure that is never trained by gradient but follows it, network ← m
 * network + (1 − m) probe: the gallery of a method (He et al. 2020; method section 1), or the
 * average of {@code run.ema}, which nothing is trained by. Owns its arrays.
 */
public final class MomentumEncoder implements AutoCloseable {
  // B images, E embedding

  /** Course of the momentum over the run. */
  public enum Course {
    constant(1),
    ramp(20);

    private final int late;

    Course(int late) {
      this.late = late;
    }
  }

  /** Statistics that batch norm uses: of the images at hand, or moving averages of the probe's. */
  public enum BatchNorm {
    batch,
    ema
  }

  /**
   * How it follows the probe.
   *
   * @param momentum m in [0, 1]
   * @param late how late m is reached: at step t it is min(m, (1 + t) / (late + t)), so that 1 is
   *     constant
   */
  public record Following(double momentum, int late, BatchNorm batchNorm) {
    public Following(double momentum, Course course, BatchNorm batchNorm) {
      this(momentum, course.late, batchNorm);
    }

    /**
     * Of {@code run.ema}, over weights and running statistics. As long as the run is short for the
     * decay it averages about the last ninth of it: TensorFlow's {@code ExponentialMovingAverage}
     * with {@code num_updates}.
     */
    public static Following average(double decay) {
      return new Following(decay, 10, BatchNorm.ema);
    }

    /** m at a step. */
    public double momentum(long step) {
      return Math.min(momentum, (1.0 + step) / (late + step));
    }
  }

  private final Encoder encoder;
  private final Encoder probe;
  private final Following following;

  /** Starts as a copy of the probe. */
  public MomentumEncoder(
      Encoder probe, ModelConfig model, Following following, NDManager manager, long seed) {
    this.encoder =
        Encoder.create(
            model,
            following.batchNorm() == BatchNorm.batch
                ? Encoder.BatchNorm.batch
                : Encoder.BatchNorm.running,
            manager,
            seed,
            probe.precision());
    this.probe = probe;
    this.following = following;
    try {
      encoder.parameters().copyFrom(probe.parameters());
    } catch (Throwable e) {
      Closer.of(encoder).closeAfter(e);
      throw e;
    }
  }

  /** Unit features of images, f32 [B, E]. */
  public NDArray embed(NDArray images) {
    return encoder.embed(images, Encoder.Mode.gallery);
  }

  /**
   * Follows the probe. With batch norm by {@code ema} the running statistics follow too; by {@code
   * batch} they are this network's own, moved by its forward passes.
   *
   * @param step steps completed, from 1
   */
  public void follow(long step) {
    double m = momentum(step);
    NativeOps.lerp(encoder.parameters().weightList(), probe.parameters().weightList(), 1 - m);
    if (following.batchNorm() == BatchNorm.ema) {
      NativeOps.lerp(encoder.parameters().bufferList(), probe.parameters().bufferList(), 1 - m);
    }
  }

  /** m at a step. */
  public double momentum(long step) {
    return following.momentum(step);
  }

  /** The network itself. */
  public Encoder encoder() {
    return encoder;
  }

  @Override
  public void close() {
    encoder.close();
  }
}
