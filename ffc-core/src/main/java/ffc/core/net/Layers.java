package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ffc.engine.NativeOps;
import java.util.function.Supplier;

/**
 * The layers that face-recognition backbones are made of. Each registers its arrays under the names
 * of PyTorch's modules and starts from PyTorch's default values.
 */
final class Layers {
  // Share of the old running statistic that stays; PyTorch's momentum 0.1 is its complement.
  private static final float RUNNING_KEEP = 0.9f;

  private Layers() {}

  /** A layer of a network. */
  interface Layer {
    /**
     * @param batchStatistics whether batch norm uses the statistics of this batch
     */
    NDArray forward(NDArray x, boolean batchStatistics);
  }

  /** Convolution without bias, NCHW. */
  record Convolution(Parameters owner, NDArray weight, Shape stride, Shape padding, int groups)
      implements Layer {
    private static final Shape ONE = new Shape(1, 1);

    static Convolution of(
        Parameters p, String name, int in, int out, int kernel, int stride, int pad, int groups) {
      double bound = 1 / Math.sqrt((double) in / groups * kernel * kernel);
      return new Convolution(
          p,
          p.uniform(name + ".weight", new Shape(out, in / groups, kernel, kernel), bound),
          new Shape(stride, stride),
          new Shape(pad, pad),
          groups);
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      return forward(x);
    }

    NDArray forward(NDArray x) {
      boolean pointwise = weight.getShape().get(2) == 1 && weight.getShape().get(3) == 1;
      boolean skips = pointwise && stride.get(0) == 2;
      NDArray in = skips ? NativeOps.everySecond(x) : x;
      if (pointwise && !owner.isBf16() && !x.getDevice().isGpu()) {
        // oneDNN's f32 kernel gives wrong values: docs/decisions/044-pointwise-convolutions.md.
        return NativeOps.pointwise(in, weight);
      }
      Shape steps = skips ? ONE : stride;
      if (owner.isBf16() && !x.getDevice().isGpu() && isWrongInBf16()) {
        NDArray f32 = NativeOps.toF32(in);
        return owner.compute(Conv2d.conv2d(f32, weight, null, steps, padding, ONE, groups).head());
      }
      return Conv2d.conv2d(in, owner.compute(weight), null, steps, padding, ONE, groups).head();
    }

    /**
     * Whether oneDNN's bf16 kernels give wrong values or gradients: those of one input channel a
     * group, see docs/decisions/044-pointwise-convolutions.md.
     */
    private boolean isWrongInBf16() {
      if (weight.getShape().get(1) > 1) {
        return false;
      }
      return groups > 1 ? stride.get(0) > 1 : weight.getShape().get(0) % 16 != 0;
    }
  }

  /** Batch norm over the channels (axis 1). */
  record Norm(NDArray gamma, NDArray beta, NDArray mean, NDArray variance, float epsilon)
      implements Layer {
    static Norm of(Parameters p, String name, int channels, double epsilon) {
      Shape shape = new Shape(channels);
      return new Norm(
          p.constant(name + ".weight", shape, 1),
          p.constant(name + ".bias", shape, 0),
          p.buffer(name + ".running_mean", shape, 0),
          p.buffer(name + ".running_var", shape, 1),
          (float) epsilon);
    }

    /** As InsightFace's last layer: its weight stays 1 and is never trained. */
    static Norm withFixedWeight(Parameters p, String name, int channels) {
      Shape shape = new Shape(channels);
      return new Norm(
          p.buffer(name + ".weight", shape, 1),
          p.constant(name + ".bias", shape, 0),
          p.buffer(name + ".running_mean", shape, 0),
          p.buffer(name + ".running_var", shape, 1),
          (float) Operators.EPSILON);
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      // Axis -1 is DJL's direct path; PyTorch itself always normalises axis 1.
      return BatchNorm.batchNorm(
              x, mean, variance, gamma, beta, -1, RUNNING_KEEP, epsilon, batchStatistics)
          .head();
    }
  }

  /** max(x, 0) + a min(x, 0) with one a per channel. */
  record Prelu(Parameters owner, NDArray slope) implements Layer {
    static Prelu of(Parameters p, String name, int channels) {
      NDArray slope = p.constant(name + ".weight", new Shape(channels), 0.25f);
      return new Prelu(p, slope);
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      return forward(x);
    }

    NDArray forward(NDArray x) {
      // One operator reads memory once, four of them four times: only CPUs compute the one slowly.
      return owner.isBf16() && slope.hasGradient() && !x.getDevice().isGpu()
          ? trained(x)
          : NativeOps.prelu(x, owner.compute(slope));
    }

    /**
     * r + slope (x − r) with r = max(x, 0). The product is a batch norm by the statistics 0 and 1:
     * its gradients are vectorised, unlike those of PyTorch's own PReLU
     * (docs/decisions/034-prelu.md).
     */
    private NDArray trained(NDArray x) {
      NDArray above = Activation.relu(x);
      NDArray zeros = slope.zerosLike();
      return BatchNorm.batchNorm(
              x.sub(above), zeros, slope.onesLike(), slope, zeros, -1, 1, 0, false)
          .head()
          .addi(above);
    }
  }

  /**
   * x Wᵀ + b over flattened input, in f32 whatever the precision of the other layers: its output is
   * the embedding but for a batch norm.
   */
  record Dense(Parameters owner, NDArray weight, NDArray bias) implements Layer {
    static Dense of(Parameters p, String name, int in, int out) {
      double bound = 1 / Math.sqrt(in);
      return new Dense(
          p,
          p.uniform(name + ".weight", new Shape(out, in), bound),
          p.uniform(name + ".bias", new Shape(out), bound));
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      NDArray rows = owner.result(x.reshape(x.getShape().get(0), -1));
      return Linear.linear(rows, weight, bias).head();
    }
  }

  /**
   * One filter of the size of the image per channel. As a product and a sum it needs no square
   * kernel.
   */
  record WeightedSum(Parameters owner, NDArray weight) implements Layer {
    /**
     * @param shape [1, channels, height, width]
     */
    static WeightedSum of(Parameters p, String name, Shape shape) {
      double bound = 1 / Math.sqrt((double) shape.get(2) * shape.get(3));
      return new WeightedSum(p, p.uniform(name + ".weight", shape, bound));
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      return x.mul(owner.compute(weight)).sum(new int[] {2, 3});
    }
  }

  /**
   * Runs a piece of a network and closes its intermediate results, so that outside of gradients
   * they are freed at once; inside, PyTorch itself keeps what the backward pass needs.
   */
  static NDArray scoped(Supplier<NDArray> piece) {
    NDArray result;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      result = piece.get();
      NDScope.unregister(result);
    }
    NDScope.register(result);
    return result;
  }
}
