package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.engine.Closer;
import ffc.engine.NativeOps;

/**
 * The gallery: a network of the probe's structure that is never trained by gradient but follows it,
 * gallery ← m gallery + (1 − m) probe (He et al. 2020; method section 1). Owns its arrays.
 */
public final class MomentumEncoder implements AutoCloseable {
  // B images, E embedding

  /** Course of the momentum over the run. */
  public enum Course {
    constant,
    ramp
  }

  /** Statistics that batch norm uses: of the images at hand, or moving averages of the probe's. */
  public enum BatchNorm {
    batch,
    ema
  }

  /**
   * How the gallery follows the probe.
   *
   * @param momentum m in [0, 1]
   */
  public record Following(double momentum, Course course, BatchNorm batchNorm) {
    /** m at a step: constant, or min(m, (1 + t) / (20 + t)). */
    public double momentum(long step) {
      return course == Course.ramp ? Math.min(momentum, (1.0 + step) / (20.0 + step)) : momentum;
    }
  }

  private final Encoder gallery;
  private final Encoder probe;
  private final Following following;

  /** Starts as a copy of the probe. */
  public MomentumEncoder(
      Encoder probe, ModelConfig model, Following following, NDManager manager, long seed) {
    this.gallery =
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
      gallery.parameters().copyFrom(probe.parameters());
    } catch (Throwable e) {
      Closer.of(gallery).closeAfter(e);
      throw e;
    }
  }

  /** Unit features of images, f32 [B, E]. */
  public NDArray embed(NDArray images) {
    return gallery.embed(images, Encoder.Mode.gallery);
  }

  /**
   * Follows the probe. With batch norm by {@code ema} the running statistics follow too; by {@code
   * batch} they are the gallery's own, moved by its forward passes.
   *
   * @param step steps completed, from 1
   */
  public void follow(long step) {
    double m = momentum(step);
    NativeOps.lerp(gallery.parameters().weightList(), probe.parameters().weightList(), 1 - m);
    if (following.batchNorm() == BatchNorm.ema) {
      NativeOps.lerp(gallery.parameters().bufferList(), probe.parameters().bufferList(), 1 - m);
    }
  }

  /** m at a step. */
  public double momentum(long step) {
    return following.momentum(step);
  }

  /** The network itself. */
  public Encoder encoder() {
    return gallery;
  }

  @Override
  public void close() {
    gallery.close();
  }
}
