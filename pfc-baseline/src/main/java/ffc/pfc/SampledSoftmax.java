package ffc.pfc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ffc.core.Margin;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Margin softmax cross-entropy over sampled class centres, value and gradients by hand, block of
 * columns by block of columns. A first walk sums exp(logit) and exp(logit) w over the columns,
 * which gives the loss and the gradient of the embeddings; a second one gives the gradients of the
 * rows. The sampled rows never exist as a whole, the exponentials [B, n] only up to {@link
 * #KEPT_BYTES}; beyond that the second walk computes them again.
 */
final class SampledSoftmax {
  // B samples, E embedding, n sampled classes, m classes of a block

  /** Most bytes of exponentials kept between the two walks. */
  static final long KEPT_BYTES = 32L << 20;

  /** exp(60) times 10^12 classes is still far from the largest f32. */
  private static final double LARGEST_LOGIT = 60;

  private static final float IGNORED = -1e30f;

  private final Margin margin;
  private final double scale;
  private final Double threshold;
  private final long keptBytes;

  /**
   * @param threshold negatives with a higher cosine are ignored; null = none
   */
  SampledSoftmax(Margin margin, double scale, Double threshold) {
    this(margin, scale, threshold, KEPT_BYTES);
  }

  SampledSoftmax(Margin margin, double scale, Double threshold, long keptBytes) {
    this.margin = margin;
    this.scale = scale;
    this.threshold = threshold;
    this.keptBytes = keptBytes;
  }

  /** Bound of all logits: a support-vector margin raises hard negatives to t c + t − 1. */
  private double largestLogit() {
    return margin instanceof Margin.Sv sv ? scale * (2 * sv.t() - 1) : scale;
  }

  /**
   * Gradients of one step with respect to the unit rows of the sampled classes, one array [m, E] a
   * block; owned by the manager they were built with.
   */
  static final class Gradients {
    private final List<NDArray> blocks = new ArrayList<>();

    List<NDArray> blocks() {
      return blocks;
    }

    private void add(int block, NDArray gradient) {
      if (block == blocks.size()) {
        NDScope.unregister(gradient);
        blocks.add(gradient);
      } else {
        blocks.get(block).addi(gradient);
      }
    }
  }

  /**
   * Loss and gradient of some samples.
   *
   * @param loss sum over the samples divided by the count
   * @param targetCosine mean cosine of the samples to their own class
   * @param embeddingGradient d loss / d embedding, f32 [B, E]
   */
  record Result(double loss, double targetCosine, NDArray embeddingGradient) {}

  /**
   * Scores samples.
   *
   * @param unitBE unit embeddings, f32 [B, E], outside of gradient recording
   * @param ids identity of each sample; each among the sampled classes
   * @param count what the sum is divided by: the samples of the global batch
   * @param weights receives, or adds up, the gradients of the rows
   */
  Result score(
      NDArray unitBE,
      long[] ids,
      ClassCenters centers,
      SampledClasses sampled,
      double count,
      Gradients weights) {
    int[] columns = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      columns[i] = sampled.column(ids[i]);
    }
    return new Pass(unitBE, columns, centers, sampled).run(count, weights);
  }

  /** One call: its samples and their columns. */
  private final class Pass {
    private final NDArray unitBE;
    private final NDArray scaledBE;
    private final int[] columns;
    private final ClassCenters centers;
    private final SampledClasses sampled;
    private final NDArray ownBE;
    private final NDArray cosB;
    // A constant that leaves the softmax as it is and keeps its exponentials finite.
    private final double shift = Math.max(0, largestLogit() - LARGEST_LOGIT);

    Pass(NDArray unitBE, int[] columns, ClassCenters centers, SampledClasses sampled) {
      this.unitBE = unitBE;
      this.scaledBE = unitBE.mul(scale);
      this.columns = columns;
      this.centers = centers;
      this.sampled = sampled;
      this.ownBE = ownRows();
      this.cosB = unitBE.mul(ownBE).sum(new int[] {1});
    }

    /** Unit row of each sample's own class, f32 [B, E]. */
    private NDArray ownRows() {
      long[] distinct = IntStream.of(columns).sorted().distinct().mapToLong(sampled::at).toArray();
      SampledClasses own = SampledClasses.of(distinct);
      NDArray unitTE = centers.unit(own, 0, own.count(), unitBE.getManager());
      long[] place = IntStream.of(columns).mapToLong(c -> own.column(sampled.at(c))).toArray();
      return unitTE.get(unitBE.getManager().create(place));
    }

    Result run(double count, Gradients weights) {
      int b = columns.length;
      Margin.Target target = margin.target(cosB);
      NDArray targetLogitB1 = target.valueB().mul(scale).sub(shift).reshape(b, 1);
      NDArray sumB1 = targetLogitB1.exp();
      NDArray pullBE = unitBE.zerosLike();
      List<NDArray> kept = new ArrayList<>();
      for (int block = 0; block < blocks(); block++) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray unitME = unit(block);
          Exponentials e = exponentials(block, unitME);
          sumB1.addi(e.valueBM().sum(new int[] {1}, true));
          pullBE.addi(e.gradientBM().matMul(unitME));
          if (4L * b * ClassCenters.BLOCK * (kept.size() + 1) <= keptBytes) {
            NDScope.unregister(e.gradientBM());
            kept.add(e.gradientBM());
          }
        }
      }
      double loss = sumB1.log().sub(targetLogitB1).sum().toFloatArray()[0] / count;

      // d loss / d logit = (softmax − one-hot) / count, over the sum that softmax divides by.
      NDArray factorB1 = sumB1.pow(-1).mul(scale / count);
      NDArray targetGradientB1 = targetLogitB1.exp().sub(sumB1).mul(target.slopeB().reshape(b, 1));
      NDArray gradientBE = pullBE.addi(ownBE.mul(targetGradientB1)).muli(factorB1);
      NDArray weightedBE = unitBE.mul(factorB1);
      for (int block = 0; block < blocks(); block++) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray gradientBM =
              block < kept.size() ? kept.get(block) : exponentials(block, unit(block)).gradientBM();
          setTargets(block, gradientBM, targetGradientB1.reshape(b));
          weights.add(block, gradientBM.transpose().matMul(weightedBE));
        }
        if (block < kept.size()) {
          kept.get(block).close();
        }
      }
      return new Result(loss, cosB.mean().toFloatArray()[0], gradientBE);
    }

    private int blocks() {
      return (sampled.count() + ClassCenters.BLOCK - 1) / ClassCenters.BLOCK;
    }

    private NDArray unit(int block) {
      int from = block * ClassCenters.BLOCK;
      int to = Math.min(sampled.count(), from + ClassCenters.BLOCK);
      return centers.unit(sampled, from, to, unitBE.getManager());
    }

    /**
     * exp(logit) of a block's negatives, 0 at targets and where ignored, and the same times the
     * derivative of the logit where a margin changes negatives; f32 [B, m].
     */
    private record Exponentials(NDArray valueBM, NDArray gradientBM) {}

    private Exponentials exponentials(int block, NDArray unitME) {
      NDArray slopeBM = null;
      NDArray logitBM;
      NDArray ignoredBM;
      if (margin instanceof Margin.Sv) {
        logitBM = unitBE.matMul(unitME.transpose());
        ignoredBM = threshold == null ? null : logitBM.gt(threshold);
        slopeBM = margin.negatives(logitBM, cosB);
        logitBM.muli(scale);
      } else {
        logitBM = scaledBE.matMul(unitME.transpose());
        ignoredBM = threshold == null ? null : logitBM.gt(threshold * scale);
      }
      if (shift > 0) {
        logitBM.subi(shift);
      }
      if (ignoredBM != null) {
        logitBM.set(ignoredBM, IGNORED);
      }
      NDArray valueBM = logitBM.exp();
      setTargets(block, valueBM, null);
      return new Exponentials(valueBM, slopeBM == null ? valueBM : slopeBM.muli(valueBM));
    }

    /** Overwrites the entries of samples whose class lies in the block; null writes zeros. */
    private void setTargets(int block, NDArray arrayBM, NDArray valueB) {
      int from = block * ClassCenters.BLOCK;
      long[] rows =
          IntStream.range(0, columns.length)
              .filter(i -> columns[i] / ClassCenters.BLOCK == block)
              .asLongStream()
              .toArray();
      if (rows.length == 0) {
        return;
      }
      long[] places = new long[rows.length];
      for (int i = 0; i < rows.length; i++) {
        places[i] = columns[(int) rows[i]] - from;
      }
      NDManager manager = unitBE.getManager();
      NDArray rowArray = manager.create(rows);
      arrayBM.set(
          new NDIndex("{}, {}", rowArray, manager.create(places)),
          valueB == null ? manager.zeros(new Shape(rows.length)) : valueB.get(rowArray));
    }
  }
}
