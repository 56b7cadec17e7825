package ffc.core.net;

/**
 * The structure of a backbone, said once: the layers that an image passes, by the names of their
 * arrays. Who trains it, counts its values or writes it for others brings the {@link Operators}.
 *
 * <p>A new one is a class of this kind and a line of {@link ModelConfig.Backbone}.
 */
public interface Architecture {
  /**
   * Passes images through the network.
   *
   * @param images [B, channels, height, width] in [-1, 1]
   * @return features [B, embedding], not normalised
   */
  <T> T features(Operators<T> layers, T images);
}
