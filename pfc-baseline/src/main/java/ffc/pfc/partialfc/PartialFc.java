package ffc.pfc.partialfc;

import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointInput;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.loss.Losses;
import ffc.core.loss.Margin;
import ffc.core.loss.MarginState;
import ffc.core.method.DevicePair;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.core.optim.OptimizerConfig;
import ffc.engine.Closer;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.ClassFile;
import ffc.pfc.classes.ClassRange;
import ffc.pfc.classes.ClassSampler;
import ffc.pfc.classes.RowFlags;
import ffc.pfc.classes.RowRule;
import ffc.pfc.classes.RowWorkers;
import ffc.pfc.classes.SampledClasses;
import ffc.pfc.classes.TableMemory;
import ffc.pfc.softmax.SampledSoftmax;
import ffc.pfc.softmax.Samples;
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
 * <p>Several trainers hold a contiguous range of the classes each. Every one scores the samples of
 * all against its range; softmax and gradients of the embeddings are put together by {@link
 * ShardExchange}.
 *
 * <p>Departure from today's public code: by default an update moves the sampled rows and their
 * optimiser state only, as the papers say; {@code update: dense} moves every row.
 */
public final class PartialFc implements Method {
  // B images a side, E embedding, C classes

  private static final String FILE = "classes.bin";

  /**
   * Arrays [samples of all trainers, E] alive at once: unit, scaled and weighted embeddings, own
   * rows, gradient, and two on the host while gradients are added up.
   */
  private static final long SAMPLE_ARRAYS = 7;

  private final PartialFcConfig config;
  private final MethodContext context;
  private final Encoder probe;
  private final StepProfile profile;
  private final long classes;
  private final ShardExchange shards;
  private final MarginState margin;
  private final SampledSoftmax softmax;
  private final RowWorkers workers;
  private final ClassFile file;
  private final Footprint footprint;
  private final Closer closer = new Closer();

  private Share share;
  private long step;
  private Pending pending;

  /** Mean target cosine of the step under way, which counts when the step does. */
  private double pendingCosine;

  private double targetCosine;
  private long scoredSteps;

  /** The classes of this trainer. */
  private record Share(Closer memory, ClassCenters centers, ClassSampler sampler) {}

  /** What an update needs of the last accumulation. */
  private record Pending(SampledClasses sampled, SampledSoftmax.RowGradients gradients) {}

  /** Builds the method; class centres get their values when they are first sampled. */
  public PartialFc(PartialFcConfig config, MethodContext context) {
    this.config = config;
    this.context = context;
    this.classes = context.dataset().identities();
    this.probe = context.probe();
    this.profile = context.profile();
    this.shards = new ShardExchange(context.exchange());
    this.margin = new MarginState(config.margin().create(), context.exchange(), context.step());
    this.file = new ClassFile(context.exchange(), classes * config.centers());
    try {
      this.workers = closer.add(new RowWorkers(context.run().threads()));
      this.softmax =
          closer.add(
              new SampledSoftmax(
                  this::margin,
                  config.margin().scale(),
                  config.interClassThreshold(),
                  shards,
                  device(),
                  workers,
                  SampledSoftmax.KEPT_BYTES));
      this.share = share();
      closer.add(() -> share.memory().close());
      closer.add(this::drop);
      int images = 2 * context.data().pairsPerBatch() / context.run().accumulate();
      this.footprint =
          JointForward.withSecondSide(
              footprint(
                  config,
                  context.optimizer(),
                  classes,
                  probe.embedding(),
                  images,
                  context.exchange().trainers()),
              probe,
              images);
    } catch (Throwable e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  private Margin margin(Samples all) {
    return margin.at(
        all.normB() == null ? null : margin.samples(all.normB(), all.ids()), all.from(), all.to());
  }

  private Share share() {
    Closer memory = new Closer();
    try {
      return new Share(
          memory,
          centers(memory),
          new ClassSampler(
              classes, config.sampleRate(), context.seed(), shards.range(classes), workers));
    } catch (Throwable e) {
      memory.closeAfter(e);
      throw e;
    }
  }

  private ClassCenters centers(Closer memory) {
    RowRule rule = RowRule.of(context.optimizer());
    boolean dense = config.update() == PartialFcConfig.Update.dense;
    int dim = probe.embedding();
    return config.storage() == PartialFcConfig.Storage.device
        ? new ClassCenters(
            rows(), dim, context.seed(), rule, dense, memory.add(device().newSubManager()))
        : new ClassCenters(rows(), dim, context.seed(), rule, dense, memory.add(tables()), workers);
  }

  private NDManager device() {
    return probe.parameters().weightList().head().getManager();
  }

  /** The centres of this trainer: of its classes; of all, where a class has several. */
  private ClassRange rows() {
    return config.centers() == 1
        ? shards.range(classes)
        : ClassRange.all(classes * config.centers());
  }

  private TableMemory tables() {
    if (config.storage() == PartialFcConfig.Storage.memory) {
      return new TableMemory.Native();
    }
    if (config.folder() == null) {
      throw new IllegalArgumentException(
          "method.folder is missing: method.storage mapped needs a folder with room for the class"
              + " centres");
    }
    int trainers = context.exchange().trainers();
    return new TableMemory.Mapped(
        Path.of(config.folder()),
        tableBytes(context.optimizer(), classes * config.centers(), probe.embedding(), trainers));
  }

  @Override
  public Losses accumulate(DevicePair pair) {
    drop();
    margin.begin();
    long[] ids = shards.ids(context.step().getAsLong(), pair);
    if (context.exchange().trainers() > 1) {
      profile.lap("exchange");
    }
    SampledClasses sampled = share.sampler().sample(step, ids).centers(config.centers());
    share.centers().prepare(sampled);
    profile.lap("sample");
    SampledSoftmax.RowGradients gradients = softmax.new RowGradients();
    pending = new Pending(sampled, gradients);
    pendingCosine = 0;
    try (Losses.Sum losses = new Losses.Sum()) {
      JointForward.run(
          probe,
          pair,
          profile,
          (unitBE, slice) -> {
            SampledSoftmax.Result result =
                softmax.score(
                    shards.samples(unitBE, margin.seesSamples() ? slice.normB1() : null, slice),
                    share.centers(),
                    sampled,
                    ids.length,
                    gradients);
            losses.add("softmax", result.loss());
            pendingCosine += result.targetCosine() * slice.share();
            return result.embeddingGradient();
          });
      margin.exchange();
      return losses.toLosses();
    }
  }

  @Override
  public void update(double learningRate) {
    step++;
    share.centers().update(pending.sampled(), pending.gradients(), learningRate, step);
    targetCosine += pendingCosine;
    scoredSteps++;
    margin.commit();
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
    figures.put("classes", (double) share.centers().range().size() / config.centers());
    figures.put("classes_initialised", (double) share.centers().initialisedRows());
    if (scoredSteps > 0) {
      figures.put("target_cosine", targetCosine / scoredSteps);
    }
    figures.putAll(margin.figures());
    targetCosine = 0;
    scoredSteps = 0;
    return figures;
  }

  @Override
  public Encoder gallery() {
    return null;
  }

  @Override
  public Map<String, Long> hashes() {
    return margin.hashes();
  }

  @Override
  public boolean isSharded() {
    return true;
  }

  @Override
  public boolean holdsItsShare() {
    return share.centers().range().equals(rows());
  }

  /** The class centres of this trainer, for inspection. */
  ClassCenters centers() {
    return share.centers();
  }

  @Override
  public Footprint footprint() {
    return footprint;
  }

  /**
   * Predicted bytes in memory of one of several trainers; with mapped storage classes and momenta
   * count as page cache and are left out (see {@link #tableBytes}).
   *
   * @param classes C, over all trainers
   * @param images of one trainer that one forward pass takes, both sides together
   */
  public static Footprint footprint(
      PartialFcConfig config,
      OptimizerConfig optimizer,
      long classes,
      int embedding,
      int images,
      int trainers) {
    long share = (classes * config.centers() + trainers - 1) / trainers;
    long samples = (long) images * trainers;
    long drawn =
        Math.max(images, (ClassSampler.budget(classes, config.sampleRate()) - 1) / trainers + 1);
    long sampled = drawn * config.centers();
    boolean mapped = config.storage() == PartialFcConfig.Storage.mapped;
    boolean onDevice = config.storage() == PartialFcConfig.Storage.device;
    String where = onDevice ? "device_" : ""; // a plan has both side by side
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put(where + "classes", (mapped ? 0 : 4 * share * embedding) + RowFlags.bytes(share));
    if (!mapped) {
      parts.put(where + "momenta", stateBytes(optimizer, share, embedding));
    }
    long columns = Math.min(sampled, ClassCenters.BLOCK);
    parts.put(
        "class_gradient",
        4L
            * embedding
            * (onDevice
                ? ClassCenters.updateRows(config.update() == PartialFcConfig.Update.dense, share)
                : columns));
    if (config.sampleRate() < 1) {
      // The drawn classes and the radix sort's working copy.
      parts.put("sample", 16 * drawn + (config.centers() == 1 ? 0 : 8 * sampled));
    }
    if (config.centers() > 1) {
      // Which centre of its class is the closest.
      parts.put("closest_centers", 4 * columns * samples);
    }
    parts.put(
        "logits",
        Math.min(4 * sampled * samples, SampledSoftmax.KEPT_BYTES)
            + 4 * columns * (samples + embedding));
    if (trainers > 1) {
      parts.put("samples_of_all_trainers", SAMPLE_ARRAYS * 4 * samples * embedding);
    }
    // Rows of classes on the host go to the device block by block.
    return new Footprint(parts).withHost("classes", "momenta", "sample");
  }

  /**
   * Bytes of class centres and optimiser state of one of several trainers, wherever they are
   * stored.
   */
  public static long tableBytes(
      OptimizerConfig optimizer, long classes, int embedding, int trainers) {
    long share = (classes + trainers - 1) / trainers;
    return 4 * share * embedding + stateBytes(optimizer, share, embedding);
  }

  private static long stateBytes(OptimizerConfig optimizer, long classes, int embedding) {
    RowRule rule = RowRule.of(optimizer);
    return 4 * classes * embedding * rule.states() + (rule.counts() ? 4 * classes : 0);
  }

  @Override
  public void save(CheckpointWriter out) throws IOException {
    try (DataOutputStream to = out.file(FILE, 1)) {
      to.writeLong(step);
      file.save(to, share.centers());
    }
    margin.save(out);
  }

  @Override
  public void load(CheckpointReader in) throws IOException {
    drop();
    if (!holdsItsShare()) {
      share.memory().close();
      share = share();
    }
    try (CheckpointInput from = in.file(FILE, 1)) {
      step = from.readLong();
      if (step < 0) {
        throw from.bad("step " + step);
      }
      file.load(from, share.centers());
    }
    margin.load(in);
  }

  @Override
  public void close() {
    closer.close();
  }
}
