package ffc.core.net;

/**
 * The structure of a backbone, said once: the layers that an image passes, by the names of their
 * arrays. Who trains it, counts its values or writes it for others brings the {@link Operators}.
 *
 * <p>A new one is a class of this kind and a line of {@link ModelConfig.Backbone}.
 */
public interface Architecture {
  /** The part before the first stage or block. */
  String STEM = "stem";

  /** The part behind the last stage or block, which makes the embedding. */
  String EMBEDDING = "embedding";

  /** Stands for all parts but {@link #EMBEDDING}. */
  String TRUNK = "trunk";

  /**
   * Passes images through the network.
   *
   * @param images [B, channels, height, width] in [-1, 1]
   * @return features [B, embedding], not normalised
   */
  <T> T features(Operators<T> layers, T images);

  /**
   * The part of the network that an array or layer belongs to, by which weights are frozen and have
   * rates of their own: {@link #STEM}, a name without dots for each stage or block, {@link
   * #EMBEDDING}.
   *
   * @param name of an array or layer of the network
   */
  default String part(String name) {
    return EMBEDDING;
  }

  /**
   * Whether a part has a name.
   *
   * @param name of a part, or {@link #TRUNK}
   */
  static boolean covers(String name, String part) {
    return name.equals(part) || name.equals(TRUNK) && !part.equals(EMBEDDING);
  }

  /** Whether an array or layer is one of some modules, or lies in one. */
  static boolean isOf(String name, String... modules) {
    for (String module : modules) {
      if (name.equals(module) || name.startsWith(module + ".")) {
        return true;
      }
    }
    return false;
  }
}
