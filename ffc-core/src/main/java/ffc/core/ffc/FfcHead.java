package ffc.core.ffc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginHead;
import ffc.core.loss.MarginRule;
import ffc.engine.Upload;
import ffc.idgroup.Patch;
import ffc.idgroup.Proposal;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The loss of one pass of FFC: probe embeddings against the group with a proposal applied. Existing
 * identities get the margin softmax, fresh ones the fresh term; with the two-row rule both are
 * summed over two heads.
 */
public final class FfcHead {
  // b samples of a slice, E embedding, K slots

  private final MarginHead softmax;
  private final int hardNegatives;
  private final double freshWeight;
  private final boolean maskEmpty;
  private final int capacity;

  FfcHead(MarginHead softmax, FfcConfig.Fresh fresh, boolean maskEmpty, int capacity) {
    this.softmax = softmax;
    this.hardNegatives = fresh.hardNegatives(capacity);
    this.freshWeight = fresh.weight();
    this.maskEmpty = maskEmpty;
    this.capacity = capacity;
  }

  /** What the samples of the global batch are to a proposal. */
  record Counts(int existing, int fresh) {
    static Counts of(int[] slots) {
      int existing = (int) Arrays.stream(slots).filter(s -> s >= 0).count();
      return new Counts(existing, slots.length - existing);
    }
  }

  /**
   * Scores a slice.
   *
   * @param unitBE unit probe embeddings, f [b, E], outside of gradient recording
   * @param samples of the slice, where the margin depends on more than cosines; null if it does not
   * @param slots slot of each sample after the proposal; -1 = fresh
   * @param counts over the global batch
   * @param losses gets the terms "existing" and "fresh"
   * @return gradient of the terms with respect to the unit embeddings, f [b, E]
   */
  NDArray score(
      NDArray unitBE,
      MarginRule.Samples samples,
      int[] slots,
      Counts counts,
      Proposal proposal,
      GroupMatrix matrix,
      Losses.Sum losses) {
    int columns = maskEmpty ? proposal.occupied() : capacity;
    long[] existing = where(slots, true);
    long[] fresh = where(slots, false);
    // Of both heads of the two-row rule, so that samples count once.
    MarginHead softmax =
        this.softmax.at(samples == null || fresh.length == 0 ? samples : samples.rows(existing));
    losses.add("existing", 0);
    losses.add("fresh", 0);
    NDArray gradient = null;
    for (Patch head : proposal.heads()) {
      NDArray one =
          matrix.with(
              head,
              columns,
              weightsKE ->
                  oneHead(softmax, unitBE, weightsKE, slots, existing, fresh, counts, losses));
      gradient = gradient == null ? one : gradient.addi(one);
    }
    return gradient;
  }

  private NDArray oneHead(
      MarginHead softmax,
      NDArray unitBE,
      NDArray weightsKE,
      int[] slots,
      long[] existing,
      long[] fresh,
      Counts counts,
      Losses.Sum losses) {
    NDManager manager = unitBE.getManager();
    NDArray gradient = null;
    if (existing.length > 0) {
      boolean all = fresh.length == 0;
      NDArray rows = all ? null : Upload.to(manager, existing);
      NDArray targets =
          Upload.to(manager, Arrays.stream(existing).map(i -> slots[(int) i]).toArray());
      MarginHead.Part part =
          softmax.softmax(
              all ? unitBE : unitBE.get(rows), weightsKE, targets, counts.existing(), false);
      losses.add("existing", part.value());
      gradient = all ? part.embeddingGradient() : spread(part, rows, unitBE);
    }
    if (fresh.length > 0) {
      boolean all = existing.length == 0;
      NDArray rows = all ? null : Upload.to(manager, fresh);
      MarginHead.Part part =
          MarginHead.fresh(
              all ? unitBE : unitBE.get(rows), weightsKE, hardNegatives, counts.fresh());
      losses.add("fresh", part.value(), freshWeight);
      part.embeddingGradient().muli(freshWeight);
      NDArray spread = all ? part.embeddingGradient() : spread(part, rows, unitBE);
      gradient = gradient == null ? spread : gradient.addi(spread);
    }
    return gradient;
  }

  /** Rows of a part back at their places among all samples, zero elsewhere. */
  private static NDArray spread(MarginHead.Part part, NDArray rows, NDArray like) {
    NDArray all = like.zerosLike();
    all.set(new NDIndex("{}", rows), part.embeddingGradient());
    return all;
  }

  private static long[] where(int[] slots, boolean existing) {
    return IntStream.range(0, slots.length)
        .filter(i -> slots[i] >= 0 == existing)
        .asLongStream()
        .toArray();
  }
}
