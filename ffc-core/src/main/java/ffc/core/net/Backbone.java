package ffc.core.net;

import ai.djl.ndarray.NDArray;

/** A convolutional network that maps images to features of a fixed size. */
public interface Backbone {
  /**
   * Runs the network.
   *
   * @param images f32 [B, channels, height, width] in [-1, 1]
   * @param batchStatistics true: batch norm uses the statistics of this batch and updates its
   *     running ones (B must be at least 2); false: it uses the running ones
   * @param dropout whether values are dropped, where the network has dropout
   * @return features f32 [B, embedding], not normalised; registered with the caller's scope
   */
  NDArray forward(NDArray images, boolean batchStatistics, boolean dropout);

  /** The arrays of the network. */
  Parameters parameters();

  /**
   * Values kept for the backward pass by one image: an estimate for memory planning, counted from
   * the outputs of every layer that PyTorch saves.
   */
  long activationsPerImage();
}
