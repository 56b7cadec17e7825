package ffc.eval.search;

import ffc.eval.allpairs.AllPairs;
import ffc.eval.embedding.Embeddings;

/**
 * What one sweep over all pairs of a set gives.
 *
 * @param allPairs true accept rates and ROC curve
 * @param identification search for the most similar image, whose figures are made on demand
 * @param retrieval R-precision and MAP@R; null if the identities are too large ({@link
 *     Retrieval#searchOf})
 */
public record LeaveOneOut(
    AllPairs allPairs, Identification.Search identification, Retrieval retrieval) {
  /**
   * Sweeps a set.
   *
   * @throws IllegalArgumentException if nothing can be compared
   */
  public static LeaveOneOut of(Embeddings embeddings) {
    Identification.Search identification = new Identification.Search(embeddings);
    Retrieval.Search retrieval = Retrieval.searchOf(embeddings);
    return retrieval == null
        ? new LeaveOneOut(AllPairs.of(embeddings, identification), identification, null)
        : new LeaveOneOut(
            AllPairs.of(embeddings, identification, retrieval), identification, retrieval.result());
  }
}
