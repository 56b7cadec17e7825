package ffc.pfc.softmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ffc.core.loss.Margin;
import ffc.engine.HostReads;
import ffc.engine.NativeOps;
import ffc.engine.Upload;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.RowWorkers;
import ffc.pfc.classes.SampledClasses;

/**
 * The samples of one call of {@link SampledSoftmax#score} on their two walks over the classes.
 * Closing it frees what the second walk needs.
 */
final class SoftmaxPass implements AutoCloseable {
  // B samples, E embedding, n sampled classes, m classes of a block

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

  private final double scale;
  private final Double threshold;
  private final Shards shards;
  private final RowWorkers workers;
  private final Workspace workspace;
  private final Samples samples;
  private final Margin margin;
  private final NDArray unitBE;
  private final NDArray scaledBE;

  private final TargetColumns columns;
  private final ClassCenters centers;
  private final SampledClasses sampled;
  private final Workspace.Room room;
  private NDArray cosB;
  private Margin.Target target;
  private NDArray shiftB;
  private NDArray weightedBE;
  private float[] targetGradient;

  SoftmaxPass(
      Margin margin,
      double scale,
      Double threshold,
      Shards shards,
      RowWorkers workers,
      Workspace workspace,
      Samples samples,
      ClassCenters centers,
      SampledClasses sampled) {
    this.margin = margin;
    this.scale = scale;
    this.threshold = threshold;
    this.shards = shards;
    this.workers = workers;
    this.workspace = workspace;
    this.samples = samples;
    this.unitBE = lasting(samples.unitBE().duplicate());
    this.scaledBE = lasting(unitBE.mul(scale));
    this.columns =
        new TargetColumns(SubCenters.closest(samples, centers, sampled), centers, sampled);
    this.centers = centers;
    this.sampled = sampled;
    this.room = workspace.room((long) sampled.count() * columns.samples());
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
    SampledClasses own = columns.distinct();
    if (own.count() == 0) {
      return unitBE.zerosLike();
    }
    NDArray unitTE = centers.unit(own, 0, own.count(), unitBE.getManager());
    NDArray rowsBE = unitTE.get(Upload.to(unitBE.getManager(), columns.among(own)));
    return columns.allHere() ? rowsBE : rowsBE.mul(hereB().reshape(-1, 1));
  }

  /** 1 where a sample's class is in this shard, else 0; f32 [B]. */
  private NDArray hereB() {
    return Upload.to(unitBE.getManager(), columns.here());
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
        NativeOps.put(valuesMB, ownPlaces(block), NEVER);
        largestB = NDArrays.maximum(largestB, valuesMB.max(new int[] {0}));
        NDScope.unregister(largestB);
      }
      NDScope.register(largestB);
    }
    return shards.largest(largestB);
  }

  SampledSoftmax.Result run(double count) {
    int b = columns.samples();
    NDArray ownBE = ownRows();
    cosB = lasting(shards.sum(unitBE.mul(ownBE).sum(new int[] {1})));
    target = margin.target(cosB);
    NDArray shift = shift();
    shiftB = shift == null ? null : lasting(shift);
    NDArray targetLogitB = target.valueB().mul(scale);
    if (shiftB != null) {
      targetLogitB.subi(shiftB);
    }
    NDArray sumB = columns.allHere() ? targetLogitB.exp() : targetLogitB.exp().muli(hereB());
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
    double loss = HostReads.number(samples.mine(sumB.log().sub(targetLogitB)).sum()) / count;

    // d loss / d logit = (softmax − one-hot) / count, over the sum that softmax divides by.
    NDArray factorB1 = sumB.pow(-1).muli(scale / count).reshape(b, 1);
    NDArray targetGradientB = targetLogitB.exp().subi(sumB).muli(target.slopeB());
    NDArray gradientBE = pullBE.addi(ownBE.mul(targetGradientB.reshape(b, 1))).muli(factorB1);
    weightedBE = lasting(unitBE.mul(factorB1));
    targetGradient = HostReads.floats(targetGradientB);
    return new SampledSoftmax.Result(
        loss, HostReads.number(samples.mine(cosB).mean()), samples.mine(shards.sum(gradientBE)));
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
            keptMB == null ? workspace.spare(worker, rows(block), columns.samples()) : keptMB;
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
    long from = (long) block * sampled.block() * columns.samples();
    return room.keep(from, rows(block), columns.samples());
  }

  /** The gradients of a block's rows by the samples of this call, f32 [m, E]. */
  NDArray rowGradient(int block, int worker) {
    NDArray keptMB = kept(block);
    NDArray outMB = keptMB == null ? again(block, worker) : keptMB;
    int[] samples = columns.samples(block);
    float[] values = new float[samples.length];
    for (int i = 0; i < samples.length; i++) {
      values[i] = targetGradient[samples[i]];
    }
    NativeOps.put(outMB, places(block), Upload.to(unitBE.getManager(), values));
    return NativeOps.product(outMB, weightedBE.transpose());
  }

  /** The exponentials of a block that was not kept. */
  private NDArray again(int block, int worker) {
    NDArray outMB = workspace.spare(worker, rows(block), columns.samples());
    Logits logits = exponentials(block, unit(block, worker), outMB);
    return logits.slopes() == null ? outMB : outMB.muli(logits.slopes());
  }

  private int blocks() {
    return columns.blocks();
  }

  private int rows(int block) {
    return columns.rows(block);
  }

  private int dim() {
    return (int) unitBE.getShape().get(1);
  }

  private NDArray unit(int block, int worker) {
    int from = block * sampled.block();
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
    if (sampled.perClass() > 1) {
      NDArray closestMB = SubCenters.closestOfClass(valuesMB, sampled.perClass());
      counts = counts == null ? closestMB : counts.muli(closestMB);
    }
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
    NativeOps.put(outMB, ownPlaces(block), 0);
    return logits;
  }

  /** Where the block's targets are in its [m, B] values, row by row. */
  private NDArray places(int block) {
    return Upload.to(unitBE.getManager(), columns.places(block));
  }

  /** Where all centres of the samples' own classes are. */
  private NDArray ownPlaces(int block) {
    return Upload.to(unitBE.getManager(), columns.ownPlaces(block));
  }
}
