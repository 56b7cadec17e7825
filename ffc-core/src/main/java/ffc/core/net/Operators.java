package ffc.core.net;

import java.util.function.UnaryOperator;

/**
 * The layers that backbones are made of, over values of any kind: arrays in training, shapes where
 * they are counted, lines of a program where it is exported. Each name stands once in a network;
 * arrays are named as those of PyTorch's modules.
 *
 * @param <T> a value: [B, channels, height, width], [B, N, D] (tokens) or [B, values]
 */
public interface Operators<T> {
  // B images, N tokens of an image, D values of a token

  /** What batch norm and layer norm add to a variance. */
  double EPSILON = 1e-5;

  /**
   * Convolution without bias.
   *
   * @param out channels that it gives
   * @param kernel height and width of the filters
   * @param stride 1 or more
   * @param pad zeros on each side
   * @param groups into which channels are parted; all of them for a depth-wise one
   */
  T convolution(T x, String name, int out, int kernel, int stride, int pad, int groups);

  /** Batch norm over the channels. */
  default T norm(T x, String name) {
    return norm(x, name, EPSILON);
  }

  /**
   * As {@link #norm(Object, String)}.
   *
   * @param epsilon added to the variance
   */
  T norm(T x, String name, double epsilon);

  /** Batch norm whose weight stays 1 and is never trained, as InsightFace's last layer. */
  T normOfFixedWeight(T x, String name);

  /** max(x, 0) + a min(x, 0) with one a per channel. */
  T prelu(T x, String name);

  /** Values that are zero with a probability in training. */
  T dropout(T x, double probability);

  /** x Wᵀ + b over flattened input. */
  T dense(T x, String name, int out);

  /** x Wᵀ over flattened input; from normal weights, as vision transformers have it. */
  T denseWithoutBias(T x, String name, int out);

  /** One sum over the positions per channel, weighted: a depth-wise filter of the image's size. */
  T weightedSum(T x, String name);

  /**
   * Cuts images into squares and makes a token of each by a convolution with bias; rows and columns
   * that fill no square are left out.
   *
   * @param out D
   * @param size height and width of a square
   * @return tokens, row by row
   */
  T patches(T images, String name, int out, int size);

  /** Adds a trained array to the tokens of every image. */
  T positions(T tokens, String name);

  /** Layer norm: each token by its own mean and variance. */
  T layerNorm(T tokens, String name);

  /** x Wᵀ, or x Wᵀ + b, token by token. */
  T linear(T tokens, String name, int out, boolean bias);

  /**
   * Softmax attention among the tokens of an image, softmax(q kᵀ / √d) v, head by head.
   *
   * @param qkv [B, N, 3 D]: queries, keys and values, each of which has its heads side by side
   * @param heads that divide D into parts of d
   * @return [B, N, D], heads side by side
   */
  T attention(T qkv, int heads);

  /** min(max(x, 0), 6). */
  T relu6(T x);

  /**
   * The end of a residual branch, in f32: whole images of it are zero with a probability in
   * training, and the others grow by as much as is lost (drop path; Huang et al. 2016).
   */
  T branch(T x, double probability);

  /**
   * Leaves out a share of the tokens of each image in training, others for each image. Stands
   * outside of {@link #block}s.
   */
  T hidden(T tokens, double share);

  /**
   * Puts one trained token where {@link #hidden} left some out.
   *
   * @param share as it was there; the token is not trained where it is 0
   */
  T restored(T tokens, String name, double share);

  /**
   * x + y, of equal shapes.
   *
   * @param x is used up
   */
  T add(T x, T y);

  /**
   * A piece of the network of whose values only the last is used after it.
   *
   * @param x is used up, as are all values within
   */
  T block(T x, UnaryOperator<T> piece);
}
