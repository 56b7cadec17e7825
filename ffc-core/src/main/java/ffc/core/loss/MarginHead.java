package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.engine.NativeOps;

/**
 * The classifier of one pass: margin softmax cross-entropy of embeddings against a matrix of class
 * features, and the fresh term. Value and gradient are computed together, by hand, outside of
 * PyTorch's gradient recording: nothing of the size [B, K] outlives the call, and the matrix may be
 * changed in place as soon as it returns.
 *
 * <p>Works in the precision of its input, f32 or f64.
 */
public final class MarginHead {
  // B samples, E embedding, K class features (columns of the logits)

  private final MarginState state;
  private final Margin margin;
  private final double scale;

  /**
   * @param margin applied to the cosines
   * @param scale s, factor of the logits
   */
  public MarginHead(Margin margin, double scale) {
    this(null, margin, scale);
  }

  /**
   * A head whose margin may depend on more than cosines; {@link #at} gives the one to score with.
   *
   * @param state stays the caller's
   */
  public MarginHead(MarginState state, double scale) {
    this(state, null, scale);
  }

  private MarginHead(MarginState state, Margin margin, double scale) {
    this.state = state;
    this.margin = margin;
    this.scale = scale;
  }

  /** The head of these samples, in this order. */
  public MarginHead at(MarginRule.Samples samples) {
    return state == null ? this : new MarginHead(state.at(samples), scale);
  }

  /** The head that a configuration describes, of a margin that depends on cosines alone. */
  public static MarginHead of(MarginConfig config) {
    return new MarginHead(Margin.of(config), config.scale());
  }

  /**
   * Part of a loss with its gradients.
   *
   * @param value sum over the samples divided by the given count, scalar
   * @param embeddingGradient d value / d embedding, f [B, E]
   * @param weightGradient d value / d weights, f [K, E]; null unless it was asked for
   */
  public record Part(NDArray value, NDArray embeddingGradient, NDArray weightGradient) {}

  /**
   * Cross-entropy of samples that have a class.
   *
   * @param embeddingBE unit rows, f [B, E]; B at least 1; outside of gradient recording
   * @param weightsKE unit rows, f [K, E]; not modified
   * @param targetB class of each sample, i64 [B], each in [0, K)
   * @param count what the sum is divided by: the samples of the global batch
   * @param withWeights whether the gradient of the weights is wanted
   */
  public Part softmax(
      NDArray embeddingBE, NDArray weightsKE, NDArray targetB, double count, boolean withWeights) {
    return softmax(embeddingBE, weightsKE, targetB, null, count, withWeights);
  }

  /**
   * As {@link #softmax(NDArray, NDArray, NDArray, double, boolean)}, leaving out some columns.
   *
   * @param ignoredBK bool [B, K], true where a column is no negative of a sample; false at targets;
   *     null if there are none
   */
  public Part softmax(
      NDArray embeddingBE,
      NDArray weightsKE,
      NDArray targetB,
      NDArray ignoredBK,
      double count,
      boolean withWeights) {
    return softmax(embeddingBE, weightsKE, targetB, null, ignoredBK, count, withWeights);
  }

  /**
   * As {@link #softmax(NDArray, NDArray, NDArray, NDArray, double, boolean)}, some samples having a
   * target feature of their own in the place of their class's row.
   *
   * @param own those samples; null if there are none
   */
  public Part softmax(
      NDArray embeddingBE,
      NDArray weightsKE,
      NDArray targetB,
      OwnTargets own,
      NDArray ignoredBK,
      double count,
      boolean withWeights) {
    NDManager manager = embeddingBE.getManager();
    long b = embeddingBE.getShape().get(0);
    NDArray targetB1 = targetB.reshape(b, 1);
    // The only array of its size: logits, probabilities and gradients take each other's place.
    NDArray cosBK = NativeOps.product(embeddingBE, weightsKE);
    NDArray cosB = cosBK.gather(targetB1, 1).reshape(b);
    if (own != null) {
      cosB.set(own.index(), own.of(embeddingBE).mul(own.featuresNE()).sum(new int[] {1}));
    }
    Margin.Target target = margin.target(cosB);
    NDArray negativeSlopeBK = margin.negatives(cosBK, cosB);
    NDArray rowB = manager.arange(0, (int) b, 1, DataType.INT64);
    NDIndex atTargets = new NDIndex("{}, {}", rowB, targetB);
    cosBK.set(atTargets, target.valueB());
    NDArray logitsBK = cosBK.muli(scale);
    if (ignoredBK != null) {
      logitsBK.set(ignoredBK, -1e30f);
    }
    logitsBK.subi(logitsBK.max(new int[] {1}, true));
    NDArray targetLogitB1 = logitsBK.gather(targetB1, 1);
    NativeOps.exp(logitsBK, logitsBK);
    NDArray sumB1 = logitsBK.sum(new int[] {1}, true);
    NDArray value = targetLogitB1.sub(sumB1.log()).sum().divi(-count);

    // d value / d logits = (softmax − one-hot) / count
    NDArray gradientBK = logitsBK.divi(sumB1);
    NDArray atTarget = gradientBK.gather(targetB1, 1).reshape(b).sub(1).mul(target.slopeB());
    if (negativeSlopeBK != null) {
      gradientBK.muli(negativeSlopeBK);
    }
    NDArray ownSlopeN1 = null;
    if (own != null) {
      // No row of the matrix is the target of these: their slope goes to their own features.
      ownSlopeN1 = atTarget.get(own.index()).reshape(-1, 1).muli(scale / count);
      atTarget.set(own.index(), manager.zeros(new Shape(own.count()), atTarget.getDataType()));
    }
    gradientBK.set(atTargets, atTarget);
    gradientBK.muli(scale / count);
    NDArray embeddingGradientBE = NativeOps.product(gradientBK, weightsKE.transpose());
    if (own != null) {
      embeddingGradientBE.set(
          own.index(), own.of(embeddingGradientBE).add(own.featuresNE().mul(ownSlopeN1)));
    }
    return new Part(
        value,
        embeddingGradientBE,
        withWeights ? NativeOps.product(gradientBK.transpose(), embeddingBE.transpose()) : null);
  }

  /**
   * Samples whose target is a feature of their own.
   *
   * @param samplesN which of the samples, i64 [N], distinct; N at least 1
   * @param featuresNE their unit target features, f [N, E]
   */
  public record OwnTargets(NDArray samplesN, NDArray featuresNE) {
    private NDIndex index() {
      return new NDIndex("{}", samplesN);
    }

    private NDArray of(NDArray rowsBE) {
      return rowsBE.get(index());
    }

    private long count() {
      return samplesN.size();
    }
  }

  /**
   * The fresh term: samples without a class are pushed away from the features they resemble most.
   *
   * @param embeddingBE unit rows, f [B, E]; B at least 1; outside of gradient recording
   * @param weightsKE unit rows, f [K, E]; not modified
   * @param hardNegatives h, highest cosines a sample, capped at K
   * @param count fresh samples of the global batch
   * @return mean over samples x h of the cosines, each clipped below at 0
   */
  public static Part fresh(
      NDArray embeddingBE, NDArray weightsKE, int hardNegatives, double count) {
    long b = embeddingBE.getShape().get(0);
    long dim = embeddingBE.getShape().get(1);
    int h = (int) Math.min(hardNegatives, weightsKE.getShape().get(0));
    NDList top;
    try (NDArray cosBK = NativeOps.product(embeddingBE, weightsKE)) {
      top = cosBK.topK(h, 1, true, false);
    }
    NDArray positiveBH = top.get(0).gt(0).toType(embeddingBE.getDataType(), false);
    NDArray value = top.get(0).mul(positiveBH).sum().divi(count * h);
    NDArray rowsBHE = weightsKE.get(top.get(1).reshape(-1)).reshape(b, h, dim);
    NDArray gradient = rowsBHE.mul(positiveBH.reshape(b, h, 1)).sum(new int[] {1}).div(count * h);
    return new Part(value, gradient, null);
  }

  /**
   * Divides rows by their norm and returns both; the gradient of the normalisation is {@link
   * #throughNormalisation}.
   */
  public static NDArray normalise(NDArray rowsBE) {
    return rowsBE.div(norm(rowsBE));
  }

  /** Euclidean norms of the rows, f [B, 1], bounded below so that a zero row stays finite. */
  public static NDArray norm(NDArray rowsBE) {
    NDArray norm = rowsBE.square().sum(new int[] {1}, true).sqrt();
    return NDArrays.maximum(norm, 1e-12f);
  }

  /**
   * Gradient with respect to raw rows v, given the one with respect to u = v / |v|: (g − u (u·g)) /
   * |v|.
   */
  public static NDArray throughNormalisation(NDArray gradientBE, NDArray unitBE, NDArray normB1) {
    NDArray along = gradientBE.mul(unitBE).sum(new int[] {1}, true);
    return gradientBE.sub(unitBE.mul(along)).div(normB1);
  }

  /** Zero gradient and value for an empty set of samples. */
  public static Part empty(NDManager manager, long b, long dim, DataType type) {
    return new Part(
        manager.zeros(new Shape(1), type).sum(), manager.zeros(new Shape(b, dim), type), null);
  }
}
