package ffc.pfc.softmax;

import ai.djl.ndarray.NDArray;

/**
 * The samples that a softmax scores together: those of all trainers, of which rows [from, to) are
 * this trainer's.
 *
 * @param unitBE unit embeddings, f32 [B, E], outside of gradient recording
 * @param normB their norms before normalisation, f32 [B]; null if the margin does not ask for them
 * @param ids identity of each sample
 */
@SuppressWarnings("ArrayRecordComponent") // one owner, read only
public record Samples(NDArray unitBE, NDArray normB, long[] ids, int from, int to) {

  /** Samples of a trainer alone. */
  public Samples(NDArray unitBE, long[] ids) {
    this(unitBE, ids, 0, ids.length);
  }

  /** Samples of a margin that depends on cosines alone. */
  public Samples(NDArray unitBE, long[] ids, int from, int to) {
    this(unitBE, null, ids, from, to);
  }

  public int count() {
    return ids.length;
  }

  /** This trainer's rows of an array that has a row a sample. */
  public NDArray mine(NDArray all) {
    return from == 0 && to == ids.length ? all : all.get(from + ":" + to);
  }
}
