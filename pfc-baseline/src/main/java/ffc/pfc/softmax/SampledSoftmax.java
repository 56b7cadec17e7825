package ffc.pfc.softmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ffc.core.loss.Margin;
import ffc.engine.Closer;
import ffc.engine.NativeOps;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.RowWorkers;
import ffc.pfc.classes.SampledClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

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
  // B samples, E embedding, n sampled classes, m classes of a block

  /** Most bytes of exponentials kept between the two walks. */
  public static final long KEPT_BYTES = 96L << 20;

  /** exp(60) times 10^12 classes is still far from the largest f32. */
  private static final double LARGEST_LOGIT = 60;

  /** exp(-80) is still a normal f32. */
  private static final double SMALLEST_LOGIT = -80;

  private static final float NEVER = -1e30f;

  /**
   * Runs of blocks whose sums are kept apart and added in order, so that the result does not depend
   * on the number of threads.
   */
  private static final int LANES = 16;

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
    private final List<Pass> passes = new ArrayList<>();

    public RowGradients() {
      workspace.reuse();
    }

    @Override
    public NDArray block(int block, int worker) {
      NDArray gradientME = null;
      for (Pass pass : passes) {
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
    Pass pass = new Pass(samples, centers, sampled);
    gradients.passes.add(pass);
    return pass.run(count);
  }

  @Override
  public void close() {
    workspace.close();
  }

  /** One call: its samples and their columns. */
  private final class Pass implements AutoCloseable {
    private final Samples samples;
    private final Margin margin;
    private final NDArray unitBE;
    private final NDArray scaledBE;

    /** Column of each sample's class; -1 = another shard has it. */
    private final int[] columns;

    private final ClassCenters centers;
    private final SampledClasses sampled;
    private final Workspace.Room room;
    private NDArray cosB;
    private Margin.Target target;
    private NDArray shiftB;
    private NDArray weightedBE;
    private float[] targetGradient;

    Pass(Samples samples, ClassCenters centers, SampledClasses sampled) {
      this.samples = samples;
      this.margin = margins.apply(samples);
      this.unitBE = lasting(samples.unitBE().duplicate());
      this.scaledBE = lasting(unitBE.mul(scale));
      this.columns =
          LongStream.of(samples.ids()).mapToInt(id -> column(id, centers, sampled)).toArray();
      this.centers = centers;
      this.sampled = sampled;
      this.room = workspace.room((long) sampled.count() * columns.length);
    }

    private static int column(long id, ClassCenters centers, SampledClasses sampled) {
      int column = sampled.column(id);
      if (column < 0 && centers.range().contains(id)) {
        throw new IllegalStateException("class " + id + " has samples, but was not drawn");
      }
      return Math.max(-1, column);
    }

    /** An array that outlives the scope of the call; {@link #close} frees it. */
    private NDArray lasting(NDArray array) {
      NDScope.unregister(array);
      return array;
    }

    @Override
    public void close() {
      unitBE.close();
      scaledBE.close();
      for (NDArray array : new NDArray[] {cosB, shiftB, weightedBE}) {
        if (array != null) { // a call that was broken off leaves some out
          array.close();
        }
      }
    }

    /** Unit row of each sample's own class, f32 [B, E]; zero where another shard has it. */
    private NDArray ownRows() {
      long[] distinct =
          IntStream.of(columns)
              .filter(c -> c >= 0)
              .sorted()
              .distinct()
              .mapToLong(sampled::at)
              .toArray();
      if (distinct.length == 0) {
        return unitBE.zerosLike();
      }
      SampledClasses own = SampledClasses.of(distinct);
      NDArray unitTE = centers.unit(own, 0, own.count(), unitBE.getManager());
      long[] place =
          IntStream.of(columns).mapToLong(c -> c < 0 ? 0 : own.column(sampled.at(c))).toArray();
      NDArray rowsBE = unitTE.get(unitBE.getManager().create(place));
      return allHere() ? rowsBE : rowsBE.mul(hereB().reshape(-1, 1));
    }

    private boolean allHere() {
      return IntStream.of(columns).allMatch(c -> c >= 0);
    }

    /** 1 where a sample's class is in this shard, else 0; f32 [B]. */
    private NDArray hereB() {
      float[] here = new float[columns.length];
      for (int i = 0; i < here.length; i++) {
        here[i] = columns[i] < 0 ? 0 : 1;
      }
      return unitBE.getManager().create(here);
    }

    /**
     * What is taken off the logits of each sample, so that their exponentials are finite and do not
     * all vanish: nothing for small scales, a constant for larger ones, beyond that the largest
     * logit, which costs a walk of its own. Null for nothing, otherwise f32 [B].
     */
    private NDArray shift() {
      // A margin may raise negatives above 1.
      double constant = Math.max(0, scale * margin.largestNegative() - LARGEST_LOGIT);
      if (constant == 0) {
        return null;
      }
      // The negatives' cosines may all be −1.
      if (-scale - constant >= SMALLEST_LOGIT) {
        return cosB.onesLike().muli(constant);
      }
      NDArray largestB = target.valueB().mul(scale);
      for (int block = 0; block < blocks(); block++) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Logits logits = logits(unit(block, 0));
          NDArray valuesMB = logits.valuesMB();
          if (logits.counts() != null) {
            valuesMB.addi(logits.counts().sub(1).muli(-NEVER));
          }
          NativeOps.put(valuesMB, places(block), NEVER);
          largestB = NDArrays.maximum(largestB, valuesMB.max(new int[] {0}));
          NDScope.unregister(largestB);
        }
        NDScope.register(largestB);
      }
      return shards.largest(largestB);
    }

    Result run(double count) {
      int b = columns.length;
      NDArray ownBE = ownRows();
      cosB = lasting(shards.sum(unitBE.mul(ownBE).sum(new int[] {1})));
      target = margin.target(cosB);
      NDArray shift = shift();
      shiftB = shift == null ? null : lasting(shift);
      NDArray targetLogitB = target.valueB().mul(scale);
      if (shiftB != null) {
        targetLogitB.subi(shiftB);
      }
      NDArray sumB = allHere() ? targetLogitB.exp() : targetLogitB.exp().muli(hereB());
      NDArray pullBE = unitBE.zerosLike();
      Lane[] lanes = new Lane[Math.min(LANES, blocks())];
      workers.each(lanes.length, (lane, worker) -> lanes[lane] = walk(lane, lanes.length, worker));
      for (Lane lane : lanes) {
        sumB.addi(lane.sumB());
        pullBE.addi(lane.pullEB().transpose());
        lane.sumB().close();
        lane.pullEB().close();
      }
      sumB = shards.sum(sumB);
      // Nothing but a target at the far end may be left of a sum where negatives are ignored.
      sumB = NDArrays.maximum(sumB, Float.MIN_NORMAL);
      double loss = samples.mine(sumB.log().sub(targetLogitB)).sum().toFloatArray()[0] / count;

      // d loss / d logit = (softmax − one-hot) / count, over the sum that softmax divides by.
      NDArray factorB1 = sumB.pow(-1).muli(scale / count).reshape(b, 1);
      NDArray targetGradientB = targetLogitB.exp().subi(sumB).muli(target.slopeB());
      NDArray gradientBE = pullBE.addi(ownBE.mul(targetGradientB.reshape(b, 1))).muli(factorB1);
      weightedBE = lasting(unitBE.mul(factorB1));
      targetGradient = targetGradientB.toFloatArray();
      return new Result(
          loss, samples.mine(cosB).mean().toFloatArray()[0], samples.mine(shards.sum(gradientBE)));
    }

    /**
     * Sums over a run of blocks.
     *
     * @param sumB of exp(logit) over the negatives, f32 [B]
     * @param pullEB of exp(logit) w, times the slope of the logit, f32 [E, B]
     */
    private record Lane(NDArray sumB, NDArray pullEB) {}

    private Lane walk(int lane, int lanes, int worker) {
      NDArray sumB = null;
      NDArray pullEB = null;
      int end = (int) ((long) blocks() * (lane + 1) / lanes);
      for (int block = (int) ((long) blocks() * lane / lanes); block < end; block++) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray keptMB = kept(block);
          NDArray outMB =
              keptMB == null ? workspace.spare(worker, rows(block), columns.length) : keptMB;
          NDArray unitME = unit(block, worker);
          Logits logits = exponentials(block, unitME, outMB);
          NDArray blockSumB = outMB.sum(new int[] {0});
          if (logits.slopes() != null) {
            outMB.muli(logits.slopes());
          }
          NDArray blockPullEB = NativeOps.product(unitME.transpose(), outMB.transpose());
          sumB = sumB == null ? lasting(blockSumB) : sumB.addi(blockSumB);
          pullEB = pullEB == null ? lasting(blockPullEB) : pullEB.addi(blockPullEB);
        }
      }
      return new Lane(sumB, pullEB);
    }

    /** Where the exponentials of a block stay until the step ends; null if there is no room. */
    private NDArray kept(int block) {
      long from = (long) block * ClassCenters.BLOCK * columns.length;
      return room.keep(from, rows(block), columns.length);
    }

    /** The gradients of a block's rows by the samples of this call, f32 [m, E]. */
    NDArray rowGradient(int block, int worker) {
      NDArray keptMB = kept(block);
      NDArray outMB = keptMB == null ? again(block, worker) : keptMB;
      int[] samples = samples(block);
      float[] values = new float[samples.length];
      for (int i = 0; i < samples.length; i++) {
        values[i] = targetGradient[samples[i]];
      }
      NativeOps.put(outMB, places(block), unitBE.getManager().create(values));
      return NativeOps.product(outMB, weightedBE.transpose());
    }

    /** The exponentials of a block that was not kept. */
    private NDArray again(int block, int worker) {
      NDArray outMB = workspace.spare(worker, rows(block), columns.length);
      Logits logits = exponentials(block, unit(block, worker), outMB);
      return logits.slopes() == null ? outMB : outMB.muli(logits.slopes());
    }

    private int blocks() {
      return (sampled.count() + ClassCenters.BLOCK - 1) / ClassCenters.BLOCK;
    }

    private int rows(int block) {
      return Math.min(ClassCenters.BLOCK, sampled.count() - block * ClassCenters.BLOCK);
    }

    private int dim() {
      return (int) unitBE.getShape().get(1);
    }

    private NDArray unit(int block, int worker) {
      int from = block * ClassCenters.BLOCK;
      NDArray unitME = workspace.rows(worker, rows(block), dim());
      centers.unit(sampled, from, from + rows(block), unitME);
      return unitME;
    }

    /**
     * The logits of all samples to a block's classes; the margin of targets is not in.
     *
     * @param valuesMB f32 [m, B]
     * @param slopes derivative of the logit over s, where a margin changes negatives; null = 1
     * @param counts 1 where a negative counts, 0 where it is ignored; null = all count
     */
    private record Logits(NDArray valuesMB, NDArray slopes, NDArray counts) {}

    private Logits logits(NDArray unitME) {
      boolean raw = margin.changesNegatives();
      NDArray valuesMB = NativeOps.product(unitME, raw ? unitBE : scaledBE);
      NDArray counts =
          threshold == null
              ? null
              : valuesMB.lte(raw ? threshold : threshold * scale).toType(DataType.FLOAT32, false);
      if (!raw) {
        return new Logits(valuesMB, null, counts);
      }
      NDArray slopes = margin.negatives(valuesMB.transpose(), cosB);
      valuesMB.muli(scale);
      return new Logits(valuesMB, slopes == null ? null : slopes.transpose(), counts);
    }

    /** Writes exp(logit − shift) of a block's negatives, 0 at targets and where ignored. */
    private Logits exponentials(int block, NDArray unitME, NDArray outMB) {
      Logits logits = logits(unitME);
      if (shiftB != null) {
        logits.valuesMB().subi(shiftB);
      }
      NativeOps.exp(logits.valuesMB(), outMB);
      if (logits.counts() != null) {
        outMB.muli(logits.counts());
      }
      NativeOps.put(outMB, places(block), 0);
      return logits;
    }

    /** The samples whose class lies in a block. */
    private int[] samples(int block) {
      return IntStream.range(0, columns.length)
          .filter(i -> columns[i] >= 0 && columns[i] / ClassCenters.BLOCK == block)
          .toArray();
    }

    /** Where their targets are in the block's [m, B] values, row by row. */
    private NDArray places(int block) {
      int from = block * ClassCenters.BLOCK;
      return unitBE
          .getManager()
          .create(
              IntStream.of(samples(block))
                  .mapToLong(i -> (long) (columns[i] - from) * columns.length + i)
                  .toArray());
    }
  }
}
