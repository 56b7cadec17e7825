package ffc.pfc.classes;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ffc.core.optim.OptimizerConfig;
import ffc.engine.NativeOps;
import ffc.engine.Upload;

/**
 * How the gradient of one row moves the row and its state; the experiment's optimiser, row-wise.
 */
public sealed interface RowRule {

  /** State rows kept beside each row. */
  int states();

  /** Whether each row counts its own updates. */
  boolean counts();

  /**
   * One update, in place.
   *
   * @param row the class centre
   * @param gradient d loss / d row; overwritten
   * @param state {@link #states} rows
   * @param updates updates of this row, this one included
   */
  void apply(float[] row, float[] gradient, float[][] state, long updates, double learningRate);

  /**
   * One update of many rows, in place, by the engine.
   *
   * @param rowsME class centres, f32 [m, E]
   * @param gradientME d loss / d rows; used up
   * @param statesME {@link #states} arrays [m, E]
   * @param updates of each row, this one included
   */
  void apply(
      NDArray rowsME, NDArray gradientME, NDArray[] statesME, long[] updates, double learningRate);

  /** The rule of an experiment's optimiser. */
  static RowRule of(OptimizerConfig config) {
    return switch (config.type()) {
      case sgd ->
          new SgdRows(
              (float) (double) config.momentum(),
              config.nesterov(),
              (float) (double) config.weightDecay());
      case adamw ->
          new AdamWRows(
              config.betas().get(0), config.betas().get(1), config.epsilon(), config.weightDecay());
    };
  }

  /** PyTorch's SGD: d = g + wd w; v ← μ v + d; w ← w − lr (d + μ v) or, without Nesterov, lr v. */
  record SgdRows(float momentum, boolean nesterov, float weightDecay) implements RowRule {
    @Override
    public int states() {
      return momentum == 0 ? 0 : 1;
    }

    @Override
    public boolean counts() {
      return false;
    }

    @Override
    public void apply(
        float[] row, float[] gradient, float[][] state, long updates, double learningRate) {
      float lr = (float) learningRate;
      if (momentum == 0) {
        for (int i = 0; i < row.length; i++) {
          row[i] -= lr * (gradient[i] + weightDecay * row[i]);
        }
        return;
      }
      float[] v = state[0];
      for (int i = 0; i < row.length; i++) {
        gradient[i] += weightDecay * row[i];
      }
      for (int i = 0; i < row.length; i++) {
        v[i] = momentum * v[i] + gradient[i];
      }
      if (nesterov) {
        for (int i = 0; i < row.length; i++) {
          row[i] -= lr * (gradient[i] + momentum * v[i]);
        }
      } else {
        for (int i = 0; i < row.length; i++) {
          row[i] -= lr * v[i];
        }
      }
    }

    @Override
    public void apply(
        NDArray rowsME,
        NDArray gradientME,
        NDArray[] statesME,
        long[] updates,
        double learningRate) {
      NativeOps.sgd(
          new NDList(rowsME),
          new NDList(gradientME),
          new NDList(statesME),
          learningRate,
          momentum,
          nesterov,
          weightDecay,
          1);
    }
  }

  /**
   * AdamW by PyTorch's rule. The bias of the moments is corrected by the row's own number of
   * updates: a row that is sampled for the first time is at its first step.
   */
  record AdamWRows(double beta1, double beta2, double epsilon, double weightDecay)
      implements RowRule {
    @Override
    public int states() {
      return 2;
    }

    @Override
    public boolean counts() {
      return true;
    }

    @Override
    public void apply(
        float[] row, float[] gradient, float[][] state, long updates, double learningRate) {
      float b1 = (float) beta1;
      float b2 = (float) beta2;
      float share1 = (float) (1 - beta1);
      float share2 = (float) (1 - beta2);
      float keep = (float) (1 - learningRate * weightDecay);
      float rate = (float) (learningRate / (1 - Math.pow(beta1, updates)));
      float root = (float) (1 / Math.sqrt(1 - Math.pow(beta2, updates)));
      float eps = (float) epsilon;
      float[] m = state[0];
      float[] v = state[1];
      for (int i = 0; i < row.length; i++) {
        float g = gradient[i];
        m[i] = b1 * m[i] + share1 * g;
        v[i] = b2 * v[i] + share2 * g * g;
        row[i] = row[i] * keep - rate * m[i] / ((float) Math.sqrt(v[i]) * root + eps);
      }
    }

    @Override
    public void apply(
        NDArray rowsME,
        NDArray gradientME,
        NDArray[] statesME,
        long[] updates,
        double learningRate) {
      int m = updates.length;
      float[] rates = new float[m];
      float[] roots = new float[m];
      for (int i = 0; i < m; i++) {
        rates[i] = (float) (learningRate / (1 - Math.pow(beta1, updates[i])));
        roots[i] = (float) (1 / Math.sqrt(1 - Math.pow(beta2, updates[i])));
      }
      NDArray rateM1 = Upload.to(rowsME.getManager(), rates, new Shape(m, 1));
      NDArray rootM1 = Upload.to(rowsME.getManager(), roots, new Shape(m, 1));
      NDArray meanME = statesME[0].muli(beta1).addi(gradientME.mul(1 - beta1));
      NDArray squareME = statesME[1].muli(beta2).addi(gradientME.square().muli(1 - beta2));
      NDArray moveME = squareME.sqrt().muli(rootM1).addi(epsilon).pow(-1).muli(meanME).muli(rateM1);
      rowsME.muli(1 - learningRate * weightDecay).subi(moveME);
    }
  }
}
