package ffc.pfc.softmax;

import ai.djl.ndarray.NDArray;

/** What a softmax over some of the classes needs of those who have the others. */
public interface Shards {

  /** All classes are here: nothing is missing. */
  Shards ALONE =
      new Shards() {
        @Override
        public NDArray sum(NDArray part) {
          return part;
        }

        @Override
        public NDArray largest(NDArray part) {
          return part;
        }
      };

  /**
   * Adds up an array over all shards, in their order.
   *
   * @param part f32, of one shape on all shards
   */
  NDArray sum(NDArray part);

  /** The largest values of an array over all shards, element by element. */
  NDArray largest(NDArray part);
}
