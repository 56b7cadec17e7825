package ffc.core.eval;

import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * Everything the protocols say about one labelled set of embeddings.
 *
 * @param allPairs true accept rates and ROC curve
 * @param identification leave-one-out search
 * @param openSet search with every second identity enrolled; null if the set is too small
 * @param overall shares with bootstrap intervals over identities
 * @param strata the same by size of the identity in the training set; empty without it
 */
public record FullReport(
    AllPairs allPairs,
    Identification identification,
    OpenSet openSet,
    ByIdentity.Group overall,
    List<ByIdentity.Group> strata) {
  /**
   * Judges a set.
   *
   * @param trainingImages images of an identity in the training set, or null if not known
   * @throws IllegalArgumentException if nothing can be compared
   */
  public static FullReport of(Embeddings embeddings, LongUnaryOperator trainingImages) {
    Embeddings sorted = SortedByLabel.of(embeddings);
    Identification.Search search = new Identification.Search(sorted);
    AllPairs allPairs = AllPairs.of(sorted, search);
    ByIdentity counts = ByIdentity.count(sorted, allPairs.tarAtFar(), search);
    return new FullReport(
        allPairs,
        search.result(),
        openSet(sorted),
        counts.all(),
        trainingImages == null ? List.of() : counts.strata(trainingImages));
  }

  private static OpenSet openSet(Embeddings embeddings) {
    try {
      return OpenSet.split(embeddings);
    } catch (IllegalArgumentException tooSmall) {
      return null;
    }
  }
}
