package ffc.eval;

import ffc.eval.allpairs.AllPairs;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RowView;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.search.Identification;
import ffc.eval.search.LeaveOneOut;
import ffc.eval.search.OpenSet;
import ffc.eval.search.Retrieval;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;

/**
 * Everything the protocols say about one labelled set of embeddings.
 *
 * @param allPairs true accept rates and ROC curve
 * @param identification leave-one-out search; null if only pairs were asked for
 * @param retrieval R-precision and MAP@R; null if only pairs were asked for or the identities are
 *     too large ({@link Retrieval#searchOf})
 * @param openSet search with every second identity enrolled; null if the set is too small or only
 *     pairs were asked for
 * @param overall shares with bootstrap intervals over identities
 * @param strata the same by size of the identity in the training set; empty without it
 * @param byGroup rates of groups that a file names; null without it
 */
public record FullReport(
    AllPairs allPairs,
    Identification identification,
    Retrieval retrieval,
    OpenSet openSet,
    IdentityGroup overall,
    List<IdentityGroup> strata,
    GroupRates byGroup) {
  /**
   * Judges a set.
   *
   * @param trainingImages images of an identity in the training set, or null if not known
   * @throws IllegalArgumentException if nothing can be compared
   */
  public static FullReport of(Embeddings embeddings, LongUnaryOperator trainingImages) {
    return of(embeddings, trainingImages, null, false);
  }

  /**
   * As {@link #of(Embeddings, LongUnaryOperator)}.
   *
   * @param groupOf group of an identity, null for none; null without groups
   * @param pairsOnly leave both searches out: less than half of the work on large sets
   */
  public static FullReport of(
      Embeddings embeddings,
      LongUnaryOperator trainingImages,
      LongFunction<String> groupOf,
      boolean pairsOnly) {
    Embeddings sorted = RowView.sorted(embeddings);
    if (pairsOnly) {
      AllPairs allPairs = AllPairs.of(sorted);
      ByIdentity counts = ByIdentity.count(sorted, allPairs.tarAtFar(), null);
      return new FullReport(
          allPairs,
          null,
          null,
          null,
          counts.all(),
          strata(counts, trainingImages),
          groups(sorted, allPairs, counts, groupOf));
    }
    LeaveOneOut sweep = LeaveOneOut.of(sorted);
    ByIdentity counts =
        ByIdentity.count(sorted, sweep.allPairs().tarAtFar(), sweep.identification());
    return new FullReport(
        sweep.allPairs(),
        sweep.identification().result().numbered(row -> RowView.original(sorted, (int) row)),
        sweep.retrieval(),
        openSet(sorted),
        counts.all(),
        strata(counts, trainingImages),
        groups(sorted, sweep.allPairs(), counts, groupOf));
  }

  private static GroupRates groups(
      Embeddings sorted, AllPairs allPairs, ByIdentity counts, LongFunction<String> groupOf) {
    return groupOf == null ? null : GroupRates.of(sorted, allPairs.tarAtFar(), counts, groupOf);
  }

  private static List<IdentityGroup> strata(ByIdentity counts, LongUnaryOperator images) {
    return images == null ? List.of() : counts.strata(images);
  }

  private static OpenSet openSet(Embeddings embeddings) {
    try {
      return OpenSet.split(embeddings);
    } catch (IllegalArgumentException tooSmall) {
      return null;
    }
  }
}
