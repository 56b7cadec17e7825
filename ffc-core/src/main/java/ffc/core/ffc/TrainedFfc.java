package ffc.core.ffc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginHead;
import ffc.core.loss.MarginState;
import ffc.core.method.DevicePair;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.StepProfile;
import ffc.core.method.StepSizes;
import ffc.core.net.Encoder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Weights;
import ffc.engine.Closer;
import ffc.engine.HostReads;
import ffc.engine.Upload;
import ffc.exchange.Contribution;
import ffc.exchange.GlobalBatch;
import ffc.exchange.GroupExchange;
import ffc.exchange.Side;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Patch;
import ffc.idgroup.Proposal;
import ffc.idgroup.Weighted;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * FFC whose rows learn ({@code method.rows: trained}): all images of a step enter their identities
 * into the ID group at once, an identity that was not there begins with the direction of its
 * features ({@link EntryFeatures}), and every row of the group takes the classifier's gradient as
 * long as its identity stays. What it learned is forgotten when it leaves. As each identity of a
 * step is in the group, there are no fresh ones; both sides go through the probe together, and a
 * gallery is only there if rows begin from it.
 */
final class TrainedFfc implements Method {
  // B images a side, E embedding, K slots

  private final FfcConfig config;
  private final Encoder probe;
  private final MomentumEncoder gallery;
  private final GroupExchange exchange;
  private final LongSupplier steps;
  private final GroupMatrix matrix;
  private final TrainedRows rows;
  private final MarginState margin;
  private final MarginHead head;
  private final Closer closer = new Closer();
  private final NDManager manager;
  private final StepProfile profile;
  private final Footprint footprint;

  private IdGroup group;
  private Proposal proposal;
  private Patch entered;
  private EntryFeatures entry;
  private float[] ownBE;
  private long step;

  /** Builds the method with an empty group. */
  TrainedFfc(FfcConfig config, MethodContext context) {
    this.config = config;
    this.probe = context.probe();
    this.exchange = context.exchange();
    this.steps = context.step();
    this.profile = context.profile();
    try {
      this.manager =
          closer.add(probe.parameters().weightList().head().getManager().newSubManager());
      this.gallery =
          config.hasGallery()
              ? closer.add(
                  new MomentumEncoder(
                      probe, context.model(), config.following(), manager, context.seed()))
              : null;
      this.matrix = closer.add(new GroupMatrix(manager, config.capacity(), probe.embedding()));
      this.rows = closer.add(new TrainedRows(manager, matrix, config.rowMomentum()));
      // Proposals hold the present rows of identities that are there: only entering ones change.
      this.group = IdGroup.ofEmptySlots(new Weighted(1), matrix.rows(), null);
      this.margin = new MarginState(config.margin().create(), exchange, steps);
      this.head = new MarginHead(margin, config.margin().scale());
      this.footprint = footprint(config, context.sizes());
    } catch (Throwable e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  @Override
  public Losses accumulate(DevicePair pair) {
    margin.begin();
    rows.begin();
    proposal = null;
    if (gallery != null) {
      enter(pair, slicewise(pair, gallery::embed));
      profile.lap("gallery");
    } else if (pair.slices() > 1) {
      // All rows begin before the first slice is scored.
      enter(pair, slicewise(pair, images -> probe.embed(images, Encoder.Mode.gallery)));
      profile.lap("gallery");
    }
    try (Losses.Sum losses = new Losses.Sum()) {
      JointForward.run(
          probe,
          pair,
          profile,
          (unitBE, slice) -> {
            if (proposal == null) {
              enter(pair, HostReads.floats(unitBE));
              profile.lap("group");
            }
            int[] slots = proposal.slots(slice.ids());
            NDArray targetB = Upload.to(unitBE.getManager(), slots);
            MarginHead sliceHead =
                head.at(margin.seesSamples() ? margin.samples(slice.normB1(), slice.ids()) : null);
            MarginHead.Part part =
                matrix.with(
                    entered,
                    proposal.occupied(),
                    rowsKE ->
                        sliceHead.softmax(
                            unitBE,
                            rowsKE,
                            targetB,
                            firstTargets(slice, pair.size(), slots, unitBE.getManager()),
                            null,
                            2.0 * pair.size() * exchange.trainers(),
                            true));
            rows.add(part.weightGradient());
            losses.add("softmax", part.value());
            return part.embeddingGradient();
          });
      margin.exchange();
      rows.exchange(exchange);
      return losses.toLosses();
    }
  }

  /** Features of all slices, rows x above rows y, [2B, E]. */
  private float[] slicewise(DevicePair pair, Function<NDArray, NDArray> network) {
    int dim = probe.embedding();
    float[] all = new float[2 * pair.size() * dim];
    for (int i = 0; i < pair.slices(); i++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        float[] both = HostReads.floats(network.apply(pair.images(i)));
        int half = both.length / 2;
        System.arraycopy(both, 0, all, pair.from(i) * dim, half);
        System.arraycopy(both, half, all, (pair.size() + pair.from(i)) * dim, half);
      }
    }
    return all;
  }

  private void enter(DevicePair pair, float[] featuresBE) {
    int half = featuresBE.length / 2;
    GlobalBatch all =
        exchange.exchange(
            steps.getAsLong(),
            new Contribution(
                pair.idPairs(),
                new Side(pair.xIds(), side(Arrays.copyOf(featuresBE, half))),
                new Side(pair.yIds(), side(Arrays.copyOfRange(featuresBE, half, 2 * half)))));
    entry = new EntryFeatures(all);
    ownBE = featuresBE;
    Side rowsOfStep = entry.rows();
    proposal = group.propose(rowsOfStep.ids(), rowsOfStep.features());
    entered = proposal.entered();
  }

  /** The targets of those images of a slice whose identity enters with several; null if none. */
  private MarginHead.OwnTargets firstTargets(
      JointForward.Slice slice, int pairs, int[] slots, NDManager manager) {
    int dim = probe.embedding();
    int half = slots.length / 2;
    Set<Integer> begun = Arrays.stream(entered.slots()).boxed().collect(Collectors.toSet());
    long[] samples = new long[slots.length];
    float[] targets = new float[slots.length * dim];
    int count = 0;
    for (int i = 0; i < slots.length; i++) {
      int row = slice.from() + (i < half ? i : pairs + i - half);
      float[] others = begun.contains(slots[i]) ? entry.others(slice.ids()[i], ownBE, row) : null;
      if (others != null) {
        System.arraycopy(others, 0, targets, count * dim, dim);
        samples[count++] = i;
      }
    }
    return count == 0
        ? null
        : new MarginHead.OwnTargets(
            Upload.to(manager, Arrays.copyOf(samples, count)),
            Upload.to(manager, Arrays.copyOf(targets, count * dim), new Shape(count, dim)));
  }

  private FloatRows side(float[] values) {
    return FloatRows.of(values, values.length / probe.embedding(), probe.embedding());
  }

  @Override
  public void update(double learningRate) {
    group.commit(proposal);
    matrix.apply(entered);
    proposal = null;
    rows.update(entered, config.rowRate() * learningRate);
    margin.commit();
    step++;
    if (gallery != null) {
      gallery.follow(step);
    }
    profile.lap("update");
  }

  @Override
  public Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>(group.statistics().asMap());
    if (gallery != null) {
      figures.put("gallery_momentum", gallery.momentum(step));
    }
    figures.putAll(margin.figures());
    return figures;
  }

  @Override
  public Encoder gallery() {
    return gallery == null ? null : gallery.encoder();
  }

  @Override
  public IdGroup group() {
    matrix.download(group.occupied());
    return group;
  }

  @Override
  public Map<String, Long> hashes() {
    Map<String, Long> hashes = new LinkedHashMap<>(margin.hashes());
    hashes.put("rows", rows.hash(group.occupied()));
    return hashes;
  }

  @Override
  public Footprint footprint() {
    return footprint;
  }

  /** Predicted bytes of the group, what its rows learn with, the gallery and the logits. */
  static Footprint footprint(FfcConfig config, StepSizes sizes) {
    long matrix = 4L * config.capacity() * sizes.embedding();
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("group", matrix + 40L * config.capacity());
    if (sizes.gpu()) {
      parts.put("group_mirror", matrix);
    }
    parts.put("row_velocities", matrix);
    parts.put("row_gradient", matrix);
    if (config.hasGallery()) {
      parts.put("gallery", 4 * sizes.network().weights());
    }
    parts.put("logits", 4L * 2 * sizes.pairsOfSlice() * config.capacity());
    return JointForward.withSecondSide(
        new Footprint(parts).withHost("group"), sizes.network(), sizes.pairsOfSlice());
  }

  @Override
  public void save(CheckpointWriter out) throws IOException {
    if (gallery != null) {
      out.tensors("gallery", gallery.encoder().parameters().all());
    }
    GroupFile.write(out, step, group());
    rows.save(out, group.occupied());
    margin.save(out);
  }

  @Override
  public void load(CheckpointReader in) throws IOException {
    if (gallery != null) {
      Weights.load(gallery.encoder().parameters(), in, "gallery");
    }
    GroupFile stored = GroupFile.read(in, matrix.rows());
    step = stored.step();
    group = stored.group();
    matrix.reset();
    proposal = null;
    rows.load(in, group.occupied());
    margin.load(in);
  }

  @Override
  public void close() {
    closer.close();
  }
}
