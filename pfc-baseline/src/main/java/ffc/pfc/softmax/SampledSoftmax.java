package ffc.pfc.softmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.core.loss.Margin;
import ffc.engine.Closer;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.RowWorkers;
import ffc.pfc.classes.SampledClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Margin softmax cross-entropy over sampled class centres, value and gradients by hand, block of
 * classes by block of classes. A first walk sums exp(logit) and exp(logit) w over the classes,
 * which gives the loss and the gradient of the embeddings; a second one gives the gradients of the
 * rows, when these are updated. Neither the sampled rows nor their gradients ever exist as a whole;
 * the exponentials do, up to {@link #KEPT_BYTES}: beyond that the second walk computes them again.
 *
 * <p>The classes may be those of one shard among several. Then all shards score the same samples,
 * those of all trainers: the owner of a sample's class tells the target's cosine, and sums and
 * gradients of the embeddings are added up over the {@link Shards}. The rows' gradients need
 * nothing from others.
 *
 * <p>Closing it frees the working space that lasts from step to step.
 */
public final class SampledSoftmax implements AutoCloseable {
  /** Most bytes of exponentials kept between the two walks. */
  public static final long KEPT_BYTES = 96L << 20;

  private final Function<Samples, Margin> margins;
  private final double scale;
  private final Double threshold;
  private final RowWorkers workers;
  private final Shards shards;
  private final Workspace workspace;

  public SampledSoftmax(
      Margin margin,
      double scale,
      Double threshold,
      Shards shards,
      NDManager manager,
      RowWorkers workers) {
    this(margin, scale, threshold, shards, manager, workers, KEPT_BYTES);
  }

  SampledSoftmax(
      Margin margin,
      double scale,
      Double threshold,
      Shards shards,
      NDManager manager,
      RowWorkers workers,
      long keptBytes) {
    this(
        (Function<Samples, Margin>) samples -> margin,
        scale,
        threshold,
        shards,
        manager,
        workers,
        keptBytes);
  }

  /**
   * @param margins the margin of samples
   * @param threshold negatives with a higher cosine are ignored; null = none
   * @param shards who has the other classes
   * @param manager of the device
   * @param workers threads that share the blocks; they stay the caller's
   * @param keptBytes most bytes of exponentials kept between the two walks
   */
  public SampledSoftmax(
      Function<Samples, Margin> margins,
      double scale,
      Double threshold,
      Shards shards,
      NDManager manager,
      RowWorkers workers,
      long keptBytes) {
    this.margins = margins;
    this.scale = scale;
    this.threshold = threshold;
    this.shards = shards;
    this.workers = workers;
    this.workspace = new Workspace(manager, keptBytes, workers.threads());
  }

  /**
   * The row gradients of a step: those of all its {@link #score} calls together. Keeps what they
   * need until it is closed; only the latest one of a softmax may be used.
   */
  public final class RowGradients implements ClassCenters.Gradients, AutoCloseable {
    private final List<SoftmaxPass> passes = new ArrayList<>();

    public RowGradients() {
      workspace.reuse();
    }

    @Override
    public NDArray block(int block, int worker) {
      NDArray gradientME = null;
      for (SoftmaxPass pass : passes) {
        NDArray oneME = pass.rowGradient(block, worker);
        gradientME = gradientME == null ? oneME : gradientME.addi(oneME);
      }
      return gradientME;
    }

    @Override
    public void close() {
      Closer open = Closer.of(passes.toArray(AutoCloseable[]::new));
      passes.clear();
      open.close();
    }
  }

  /**
   * Loss and gradient of this trainer's samples.
   *
   * @param loss sum over the samples divided by the count
   * @param targetCosine mean cosine of the samples to their own class
   * @param embeddingGradient d loss / d embedding, f32 [own samples, E]
   */
  public record Result(double loss, double targetCosine, NDArray embeddingGradient) {}

  /**
   * Scores samples.
   *
   * @param samples each of a class that is sampled here or, if there are several, on another shard
   * @param count what the sum is divided by: the samples of the global batch
   * @param gradients gets the gradients of the rows; of this softmax, and the same for all samples
   *     of a step
   */
  public Result score(
      Samples samples,
      ClassCenters centers,
      SampledClasses sampled,
      double count,
      RowGradients gradients) {
    SoftmaxPass pass =
        new SoftmaxPass(
            margins.apply(samples),
            scale,
            threshold,
            shards,
            workers,
            workspace,
            samples,
            centers,
            sampled);
    gradients.passes.add(pass);
    return pass.run(count);
  }

  @Override
  public void close() {
    workspace.close();
  }
}
