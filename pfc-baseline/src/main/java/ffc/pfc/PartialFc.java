package ffc.pfc;

import ffc.core.DevicePair;
import ffc.core.Encoder;
import ffc.core.Footprint;
import ffc.core.Losses;
import ffc.core.Margin;
import ffc.core.Method;
import ffc.core.MethodContext;
import ffc.core.OptimizerConfig;
import ffc.core.StepProfile;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Partial FC (An et al. 2021 and 2022): trained class centres, of which a step scores all positives
 * and random negatives. With {@code sampleRate: 1} it is full softmax over all classes, on the same
 * path. Both sides of the dual batch go through one forward pass of 2B images.
 *
 * <p>Departure from today's public code: by default an update moves the sampled rows and their
 * optimiser state only, as the papers say; {@code update: dense} moves every row.
 */
public final class PartialFc implements Method {
  // B images a side, E embedding, C classes

  private static final String FILE = "classes.bin";

  private final Encoder probe;
  private final StepProfile profile;
  private final ClassSampler sampler;
  private final SampledSoftmax softmax;
  private final TableMemory memory;
  private final RowWorkers workers;
  private final ClassCenters centers;
  private final Footprint footprint;

  private long step;
  private Pending pending;
  private double targetCosine;
  private long scoredSteps;

  /** What an update needs of the last accumulation. */
  private record Pending(SampledClasses sampled, SampledSoftmax.RowGradients gradients) {}

  /** Builds the method; class centres get their values when they are first sampled. */
  public PartialFc(PartialFcConfig config, MethodContext context) {
    long classes = context.dataset().identities();
    this.probe = context.probe();
    this.profile = context.profile();
    this.sampler = new ClassSampler(classes, config.sampleRate(), context.seed(), 0, 1);
    this.memory = memory(config);
    this.workers = new RowWorkers(context.run().threads());
    this.softmax =
        new SampledSoftmax(
            Margin.of(config.margin()),
            config.margin().scale(),
            config.interClassThreshold(),
            probe.parameters().weightList().head().getManager(),
            workers);
    this.centers =
        new ClassCenters(
            classes,
            probe.embedding(),
            context.seed(),
            RowRule.of(context.optimizer()),
            config.update() == PartialFcConfig.Update.dense,
            memory,
            workers);
    int images = 2 * context.data().pairsPerBatch() / context.run().accumulate();
    this.footprint =
        JointForward.withSecondSide(
            footprint(config, context.optimizer(), classes, probe.embedding(), images),
            probe,
            images);
  }

  private static TableMemory memory(PartialFcConfig config) {
    if (config.storage() == PartialFcConfig.Storage.memory) {
      return new TableMemory.Native();
    }
    if (config.folder() == null) {
      throw new IllegalArgumentException(
          "method.folder is missing: method.storage mapped needs a folder with room for the class"
              + " centres");
    }
    return new TableMemory.Mapped(Path.of(config.folder()));
  }

  @Override
  public Losses accumulate(DevicePair pair) {
    drop();
    long[] ids = JointForward.concat(pair.xIds(), pair.yIds());
    SampledClasses sampled = sampler.sample(step, ids);
    centers.prepare(sampled);
    profile.lap("sample");
    SampledSoftmax.RowGradients gradients = softmax.new RowGradients();
    pending = new Pending(sampled, gradients);
    Losses.Sum losses = new Losses.Sum();
    JointForward.run(
        probe,
        pair,
        profile,
        (unitBE, slice) -> {
          SampledSoftmax.Result result =
              softmax.score(unitBE, slice.ids(), centers, sampled, ids.length, gradients);
          losses.add("softmax", result.loss());
          targetCosine += result.targetCosine() * slice.share();
          return result.embeddingGradient();
        });
    scoredSteps++;
    return losses.total();
  }

  @Override
  public void update(double learningRate) {
    step++;
    centers.update(pending.sampled(), pending.gradients(), learningRate, step);
    drop();
    profile.lap("update");
  }

  /** Frees what the last step kept for its update, which a dropped step leaves behind. */
  private void drop() {
    if (pending != null) {
      pending.gradients().close();
      pending = null;
    }
  }

  @Override
  public Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("classes", (double) centers.classes());
    figures.put("classes_initialised", (double) centers.initialisedRows());
    if (scoredSteps > 0) {
      figures.put("target_cosine", targetCosine / scoredSteps);
    }
    targetCosine = 0;
    scoredSteps = 0;
    return figures;
  }

  @Override
  public Encoder gallery() {
    return null;
  }

  /** The class centres, for inspection. */
  ClassCenters centers() {
    return centers;
  }

  @Override
  public Footprint footprint() {
    return footprint;
  }

  /**
   * Predicted bytes in memory; with mapped storage classes and momenta count as page cache and are
   * left out (see {@link #tableBytes}).
   *
   * @param classes C
   * @param images that one forward pass takes, both sides together
   */
  public static Footprint footprint(
      PartialFcConfig config, OptimizerConfig optimizer, long classes, int embedding, int images) {
    long sampled = Math.max(images, ClassSampler.budget(classes, config.sampleRate()));
    boolean inMemory = config.storage() == PartialFcConfig.Storage.memory;
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("classes", (inMemory ? 4 * classes * embedding : 0) + RowFlags.bytes(classes));
    if (inMemory) {
      parts.put("momenta", stateBytes(optimizer, classes, embedding));
    }
    long columns = Math.min(sampled, ClassCenters.BLOCK);
    parts.put("class_gradient", 4 * columns * embedding);
    if (config.sampleRate() < 1) {
      // The drawn classes and the radix sort's working copy.
      parts.put("sample", 16 * sampled);
    }
    parts.put(
        "logits",
        Math.min(4 * sampled * images, SampledSoftmax.KEPT_BYTES)
            + 4 * columns * (images + embedding));
    return new Footprint(parts);
  }

  /** Bytes of class centres and optimiser state, wherever they are stored. */
  public static long tableBytes(OptimizerConfig optimizer, long classes, int embedding) {
    return 4 * classes * embedding + stateBytes(optimizer, classes, embedding);
  }

  private static long stateBytes(OptimizerConfig optimizer, long classes, int embedding) {
    RowRule rule = RowRule.of(optimizer);
    return 4 * classes * embedding * rule.states() + (rule.counts() ? 4 * classes : 0);
  }

  @Override
  public void save(CheckpointWriter out) throws IOException {
    try (DataOutputStream file = out.file(FILE)) {
      file.writeLong(step);
      centers.save(file);
    }
  }

  @Override
  public void load(CheckpointReader in) throws IOException {
    try (DataInputStream file = in.file(FILE)) {
      step = file.readLong();
      centers.load(file, in.folder() + "/" + FILE);
    }
  }

  @Override
  public void close() {
    drop();
    softmax.close();
    workers.close();
    memory.close();
  }
}
