package ffc.pfc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
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
 * columns by block of columns: a first walk finds the log-sum of each sample, a second one the
 * gradients. Neither the sampled rows nor the logits [B, n] ever exist as a whole.
 */
final class SampledSoftmax {
  // B samples, E embedding, n sampled classes, m classes of a block

  private static final float IGNORED = -1e30f;

  private final Margin margin;
  private final double scale;
  private final Double threshold;

  /**
   * @param threshold negatives with a higher cosine are ignored; null = none
   */
  SampledSoftmax(Margin margin, double scale, Double threshold) {
    this.margin = margin;
    this.scale = scale;
    this.threshold = threshold;
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
    NDManager manager = unitBE.getManager();
    int[] columns = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      columns[i] = sampled.column(ids[i]);
    }
    NDArray cosB = targetCosines(unitBE, centers, sampled, columns);
    Margin.Target target = margin.target(cosB);
    NDArray targetLogitB = target.valueB().mul(scale);
    Pass pass = new Pass(unitBE, cosB, targetLogitB, columns, centers, sampled);

    int b = ids.length;
    NDArray maxB1 = manager.full(new Shape(b, 1), Float.NEGATIVE_INFINITY);
    NDArray sumB1 = manager.zeros(new Shape(b, 1));
    for (int block = 0; block < pass.blocks(); block++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray logitsBM = pass.logits(block).logitsBM();
        NDArray newMaxB1 = NDArrays.maximum(maxB1, logitsBM.max(new int[] {1}, true));
        NDArray blockSumB1 = logitsBM.subi(newMaxB1).exp().sum(new int[] {1}, true);
        sumB1.muli(maxB1.sub(newMaxB1).exp()).addi(blockSumB1);
        maxB1.set(new NDIndex(":"), newMaxB1);
      }
    }
    NDArray logSumB1 = maxB1.add(sumB1.log());
    double loss = logSumB1.reshape(b).sub(targetLogitB).sum().toFloatArray()[0] / count;

    NDArray gradientBE = unitBE.zerosLike();
    for (int block = 0; block < pass.blocks(); block++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        Pass.Block logits = pass.logits(block);
        // d loss / d logits = (softmax − one-hot) / count
        NDArray gradientBM = logits.logitsBM().subi(logSumB1).exp();
        if (logits.slopeBM() != null) {
          gradientBM.muli(logits.slopeBM());
        }
        pass.atTargets(
            block,
            gradientBM,
            rows ->
                targetLogitB
                    .get(rows)
                    .sub(logSumB1.reshape(b).get(rows))
                    .exp()
                    .sub(1)
                    .mul(target.slopeB().get(rows)));
        gradientBM.muli(scale / count);
        gradientBE.addi(gradientBM.matMul(logits.unitME()));
        weights.add(block, gradientBM.transpose().matMul(unitBE));
      }
    }
    return new Result(loss, cosB.mean().toFloatArray()[0], gradientBE);
  }

  /** Cosine of each sample to its own class, f32 [B]. */
  private static NDArray targetCosines(
      NDArray unitBE, ClassCenters centers, SampledClasses sampled, int[] columns) {
    long[] distinct = IntStream.of(columns).sorted().distinct().mapToLong(sampled::at).toArray();
    SampledClasses targets = SampledClasses.of(distinct);
    NDArray unitTE = centers.unit(targets, 0, targets.count(), unitBE.getManager());
    long[] place = IntStream.of(columns).mapToLong(c -> targets.column(sampled.at(c))).toArray();
    NDArray ownBE = unitTE.get(unitBE.getManager().create(place));
    return unitBE.mul(ownBE).sum(new int[] {1});
  }

  /** The columns of one call, block by block. */
  private final class Pass {
    private final NDArray unitBE;
    private final NDArray cosB;
    private final NDArray targetLogitB;
    private final int[] columns;
    private final ClassCenters centers;
    private final SampledClasses sampled;

    Pass(
        NDArray unitBE,
        NDArray cosB,
        NDArray targetLogitB,
        int[] columns,
        ClassCenters centers,
        SampledClasses sampled) {
      this.unitBE = unitBE;
      this.cosB = cosB;
      this.targetLogitB = targetLogitB;
      this.columns = columns;
      this.centers = centers;
      this.sampled = sampled;
    }

    /** Logits of a block, the slope of negatives (or null), and the unit rows behind them. */
    record Block(NDArray logitsBM, NDArray slopeBM, NDArray unitME) {}

    /** Values for the targets of some samples, given their rows i64. */
    interface AtTargets {
      NDArray values(NDArray rows);
    }

    int blocks() {
      return (sampled.count() + ClassCenters.BLOCK - 1) / ClassCenters.BLOCK;
    }

    Block logits(int block) {
      int from = block * ClassCenters.BLOCK;
      int to = Math.min(sampled.count(), from + ClassCenters.BLOCK);
      NDArray unitME = centers.unit(sampled, from, to, unitBE.getManager());
      NDArray cosBM = unitBE.matMul(unitME.transpose());
      NDArray ignoredBM = threshold == null ? null : cosBM.gt(threshold);
      NDArray slopeBM = margin.negatives(cosBM, cosB);
      NDArray logitsBM = cosBM.muli(scale);
      if (ignoredBM != null) {
        logitsBM.set(ignoredBM, IGNORED);
      }
      atTargets(block, logitsBM, rows -> targetLogitB.get(rows));
      return new Block(logitsBM, slopeBM, unitME);
    }

    /** Overwrites the entries of samples whose class lies in the block. */
    void atTargets(int block, NDArray arrayBM, AtTargets values) {
      int from = block * ClassCenters.BLOCK;
      long[] rows =
          IntStream.range(0, columns.length)
              .filter(i -> columns[i] / ClassCenters.BLOCK == block)
              .asLongStream()
              .toArray();
      if (rows.length > 0) {
        long[] places = new long[rows.length];
        for (int i = 0; i < rows.length; i++) {
          places[i] = columns[(int) rows[i]] - from;
        }
        NDManager manager = unitBE.getManager();
        NDArray rowArray = manager.create(rows);
        arrayBM.set(
            new NDIndex("{}, {}", rowArray, manager.create(places)), values.values(rowArray));
      }
    }
  }
}
