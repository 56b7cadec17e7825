package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ffc.engine.NativeOps;

/**
 * The layers of vision transformers (Dosovitskiy et al. 2021), from the initial values that
 * InsightFace gives them. Tokens pass from layer to layer in f32; products are in the precision of
 * the network.
 */
final class TokenLayers {
  // B images, N tokens, D values of a token, H heads, d = D / H

  /** Standard deviation of initial weights. */
  private static final double DEVIATION = 0.02;

  private TokenLayers() {}

  /** A token of every square of the image. */
  record Patches(Parameters owner, NDArray weight, NDArray bias) implements Layers.Layer {
    static Patches of(Parameters p, String name, int in, int out, int size) {
      double bound = 1 / Math.sqrt((double) in * size * size);
      return new Patches(
          p,
          p.uniform(name + ".weight", new Shape(out, in, size, size), bound),
          p.uniform(name + ".bias", new Shape(out), bound));
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      Shape stride = new Shape(weight.getShape().get(2), weight.getShape().get(3));
      NDArray squares =
          Conv2d.conv2d(
                  owner.compute(x),
                  owner.compute(weight),
                  owner.compute(bias),
                  stride,
                  new Shape(0, 0),
                  new Shape(1, 1),
                  1)
              .head();
      Shape shape = squares.getShape();
      NDArray flat = squares.reshape(shape.get(0), shape.get(1), shape.get(2) * shape.get(3));
      return owner.result(flat.transpose(0, 2, 1));
    }
  }

  /** An array that is added to the tokens of every image. */
  record Positions(NDArray values) implements Layers.Layer {
    static Positions of(Parameters p, String name, int tokens, int dim) {
      return new Positions(p.normal(name, new Shape(1, tokens, dim), DEVIATION));
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      return x.add(values);
    }
  }

  /** Layer norm over the values of a token. */
  record LayerNorm(NDArray gamma, NDArray beta) implements Layers.Layer {
    static LayerNorm of(Parameters p, String name, int dim) {
      Shape shape = new Shape(dim);
      return new LayerNorm(
          p.constant(name + ".weight", shape, 1), p.constant(name + ".bias", shape, 0));
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      return NativeOps.layerNorm(x, gamma, beta);
    }
  }

  /** x Wᵀ + b for every token; the result has the precision of the product. */
  record Linear(Parameters owner, NDArray weight, NDArray bias) implements Layers.Layer {
    static Linear of(Parameters p, String name, int in, int out, boolean bias) {
      return new Linear(
          p,
          p.normal(name + ".weight", new Shape(out, in), DEVIATION),
          bias ? p.constant(name + ".bias", new Shape(out), 0) : null);
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      return ai.djl.nn.core.Linear.linear(
              owner.compute(x), owner.compute(weight), bias == null ? null : owner.compute(bias))
          .head();
    }
  }

  /** x Wᵀ over flattened input, in f32 as {@link Layers.Dense}. */
  record Dense(Parameters owner, NDArray weight) implements Layers.Layer {
    static Dense of(Parameters p, String name, int in, int out) {
      return new Dense(p, p.normal(name + ".weight", new Shape(out, in), DEVIATION));
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      NDArray rows = owner.result(x.reshape(x.getShape().get(0), -1));
      return ai.djl.nn.core.Linear.linear(rows, weight, null).head();
    }
  }

  /** The token that stands for hidden ones. */
  record MaskToken(NDArray token) implements Layers.Layer {
    static MaskToken of(Parameters p, String name, int dim, double share) {
      Shape shape = new Shape(1, 1, dim);
      return new MaskToken(
          share > 0 ? p.normal(name, shape, DEVIATION) : p.normalBuffer(name, shape, DEVIATION));
    }

    @Override
    public NDArray forward(NDArray x, boolean batchStatistics) {
      return x;
    }

    /**
     * @param x [B, kept, D]
     * @param at i64 [B, N]: which token goes to each place; from {@code kept} on they are hidden
     */
    NDArray restore(NDArray x, NDArray at) {
      Shape shape = x.getShape();
      long hidden = at.getShape().get(1) - shape.get(1);
      NDArray fillers = token.broadcast(new Shape(shape.get(0), hidden, shape.get(2)));
      return pick(NDArrays.concat(new NDList(x, fillers), 1), at);
    }
  }

  /**
   * Some tokens of each image.
   *
   * @param x [B, N, D]
   * @param which i64 [B, n]
   * @return [B, n, D]
   */
  static NDArray pick(NDArray x, NDArray which) {
    Shape shape = which.getShape();
    Shape wanted = new Shape(shape.get(0), shape.get(1), x.getShape().get(2));
    return x.gather(which.expandDims(2).broadcast(wanted), 1);
  }

  /** See {@link Operators#attention}. */
  static NDArray attention(NDArray qkv, int heads) {
    Shape shape = qkv.getShape();
    long images = shape.get(0);
    long tokens = shape.get(1);
    long dim = shape.get(2) / 3;
    NDArray parts =
        qkv.reshape(images, tokens, 3, heads, dim / heads).transpose(2, 0, 3, 1, 4); // 3BHNd
    NDArray outBHNd = NativeOps.attention(parts.get(0), parts.get(1), parts.get(2));
    return outBHNd.transpose(0, 2, 1, 3).reshape(images, tokens, dim);
  }
}
