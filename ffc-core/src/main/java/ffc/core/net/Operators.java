package ffc.core.net;

import java.util.function.UnaryOperator;

/**
 * The layers that backbones are made of, over values of any kind: arrays in training, shapes where
 * they are counted, lines of a program where it is exported. Each name stands once in a network;
 * arrays are named as those of PyTorch's modules.
 *
 * @param <T> a value, [B, channels, height, width] or [B, values]
 */
public interface Operators<T> {
  // B images

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
  T norm(T x, String name);

  /** Batch norm whose weight stays 1 and is never trained, as InsightFace's last layer. */
  T normOfFixedWeight(T x, String name);

  /** max(x, 0) + a min(x, 0) with one a per channel. */
  T prelu(T x, String name);

  /** Values that are zero with a probability in training. */
  T dropout(T x, double probability);

  /** x Wᵀ + b over flattened input. */
  T dense(T x, String name, int out);

  /** One sum over the positions per channel, weighted: a depth-wise filter of the image's size. */
  T weightedSum(T x, String name);

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
