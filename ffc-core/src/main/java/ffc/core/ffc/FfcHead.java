package ffc.core.ffc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ffc.core.loss.MarginHead;
import ffc.core.loss.MarginRule;
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

  /** Loss terms of a slice and their gradient with respect to its unit embeddings, f [b, E]. */
  record Result(double existing, double fresh, NDArray gradientBE) {}

  /**
   * Scores a slice.
   *
   * @param unitBE unit probe embeddings, f [b, E], outside of gradient recording
   * @param slots slot of each sample after the proposal; -1 = fresh
   * @param counts over the global batch
   */
  Result score(NDArray unitBE, int[] slots, Counts counts, Proposal proposal, GroupMatrix matrix) {
    return score(unitBE, null, slots, counts, proposal, matrix);
  }

  /**
   * As {@link #score(NDArray, int[], Counts, Proposal, GroupMatrix)}, where the margin depends on
   * more than cosines.
   *
   * @param samples of the slice; null if it does not
   */
  Result score(
      NDArray unitBE,
      MarginRule.Samples samples,
      int[] slots,
      Counts counts,
      Proposal proposal,
      GroupMatrix matrix) {
    int columns = maskEmpty ? proposal.occupied() : capacity;
    long[] existing = where(slots, true);
    long[] fresh = where(slots, false);
    // Of both heads of the two-row rule, so that samples count once.
    MarginHead softmax =
        this.softmax.at(samples == null || fresh.length == 0 ? samples : samples.rows(existing));
    double existingLoss = 0;
    double freshLoss = 0;
    NDArray gradient = null;
    for (Patch head : proposal.heads()) {
      Result result =
          matrix.with(
              head,
              columns,
              weightsKE -> oneHead(softmax, unitBE, weightsKE, slots, existing, fresh, counts));
      existingLoss += result.existing();
      freshLoss += result.fresh();
      gradient = gradient == null ? result.gradientBE() : gradient.addi(result.gradientBE());
    }
    return new Result(existingLoss, freshLoss, gradient);
  }

  private Result oneHead(
      MarginHead softmax,
      NDArray unitBE,
      NDArray weightsKE,
      int[] slots,
      long[] existing,
      long[] fresh,
      Counts counts) {
    NDManager manager = unitBE.getManager();
    double existingLoss = 0;
    double freshLoss = 0;
    NDArray gradient = null;
    if (existing.length > 0) {
      boolean all = fresh.length == 0;
      NDArray rows = all ? null : manager.create(existing);
      NDArray targets = manager.create(Arrays.stream(existing).map(i -> slots[(int) i]).toArray());
      MarginHead.Part part =
          softmax.softmax(
              all ? unitBE : unitBE.get(rows), weightsKE, targets, counts.existing(), false);
      existingLoss = scalar(part.value());
      gradient = all ? part.embeddingGradient() : spread(part, rows, unitBE);
    }
    if (fresh.length > 0) {
      boolean all = existing.length == 0;
      NDArray rows = all ? null : manager.create(fresh);
      MarginHead.Part part =
          MarginHead.fresh(
              all ? unitBE : unitBE.get(rows), weightsKE, hardNegatives, counts.fresh());
      freshLoss = scalar(part.value()) * freshWeight;
      part.embeddingGradient().muli(freshWeight);
      NDArray spread = all ? part.embeddingGradient() : spread(part, rows, unitBE);
      gradient = gradient == null ? spread : gradient.addi(spread);
    }
    return new Result(existingLoss, freshLoss, gradient);
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

  public static double scalar(NDArray value) {
    return value.toArray()[0].doubleValue();
  }
}
