package ffc.core.ffc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginHead;
import ffc.core.loss.MarginState;
import ffc.core.method.DevicePair;
import ffc.core.method.Footprint;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.ProbePass;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Weights;
import ffc.engine.Closer;
import ffc.engine.HostReads;
import ffc.exchange.Contribution;
import ffc.exchange.GlobalBatch;
import ffc.exchange.GroupExchange;
import ffc.exchange.Side;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Proposal;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * Fast face classification (FFC / F2C, CVPR 2022): the ID group is the classifier, the gallery
 * makes its features. Two symmetrical passes a step: probe(x) against the group with gallery(y)
 * proposed and dropped again, probe(y) against the group with gallery(x) proposed and committed.
 *
 * <p>Departures from the reference code: proposing never mutates; empty slots are masked; with
 * {@code data.instancePartner} every sample finds its identity in the group.
 */
public final class Ffc implements Method {
  // B images a side, b of a slice, E embedding, K slots

  private final FfcConfig config;
  private final Encoder probe;
  private final MomentumEncoder gallery;
  private final GroupExchange exchange;
  private final LongSupplier steps;
  private final GroupMatrix matrix;
  private final MarginState margin;
  private final FfcHead head;
  private final FfcStatistics statistics = new FfcStatistics();
  private final Closer closer = new Closer();
  private final NDManager manager;
  private final StepProfile profile;
  private final int batch;
  private final int slices;

  private IdGroup group;
  private Proposal toCommit;
  private long step;

  /** Builds the method with an empty group. */
  public Ffc(FfcConfig config, MethodContext context) {
    this.config = config;
    this.probe = context.probe();
    this.exchange = context.exchange();
    this.steps = context.step();
    this.profile = context.profile();
    this.batch = context.data().pairsPerBatch();
    this.slices = context.run().accumulate();
    try {
      this.manager =
          closer.add(probe.parameters().weightList().head().getManager().newSubManager());
      this.gallery =
          closer.add(
              new MomentumEncoder(
                  probe, context.model(), config.following(), manager, context.seed()));
      this.matrix = closer.add(new GroupMatrix(manager, config.capacity(), probe.embedding()));
      this.group = NewGroup.of(config, matrix.rows(), context.seed());
      matrix.reset();
      this.margin = new MarginState(config.margin().create(), exchange, steps);
      this.head =
          new FfcHead(
              new MarginHead(margin, config.margin().scale()),
              config.fresh(),
              config.emptySlots() == FfcConfig.EmptySlots.mask,
              config.capacity());
      WarmFill.fill(
          context,
          gallery,
          Math.round(config.warmFill() * config.capacity()),
          (ids, features) -> matrix.apply(group.commit(group.propose(ids, features)).row0()));
    } catch (Throwable e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  @Override
  public Losses accumulate(DevicePair pair) {
    margin.begin();
    NDArray galleryX = galleryFeatures(pair, pair.x());
    NDArray galleryY = galleryFeatures(pair, pair.y());
    profile.lap("gallery");
    GlobalBatch all =
        exchange.exchange(
            steps.getAsLong(),
            new Contribution(
                pair.idPairs(),
                new Side(pair.xIds(), rows(galleryX)),
                new Side(pair.yIds(), rows(galleryY))));
    Proposal passA = group.propose(all.y().ids(), all.y().features());
    toCommit = group.propose(all.x().ids(), all.x().features());
    profile.lap("group");
    try (Losses.Sum losses = new Losses.Sum()) {
      pass(
          pair,
          pair.x(),
          pair.xIds(),
          passA,
          FfcHead.Counts.of(passA.slots(all.x().ids())),
          galleryY,
          losses);
      pass(
          pair,
          pair.y(),
          pair.yIds(),
          toCommit,
          FfcHead.Counts.of(toCommit.slots(all.y().ids())),
          galleryX,
          losses);
      margin.exchange();
      return losses.toLosses();
    }
  }

  private NDArray galleryFeatures(DevicePair pair, NDArray side) {
    return sliced(slice -> gallery.embed(pair.images(side, slice)));
  }

  /** Concatenates what a function gives for every slice; intermediate results are closed. */
  private NDArray sliced(IntFunction<NDArray> piece) {
    NDList parts = new NDList();
    for (int i = 0; i < slices; i++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray part = piece.apply(i);
        NDScope.unregister(part);
        parts.add(part);
      }
    }
    parts.forEach(NDScope::register);
    return slices == 1 ? parts.head() : NDArrays.concat(parts);
  }

  private void pass(
      DevicePair pair,
      NDArray side,
      long[] ids,
      Proposal proposal,
      FfcHead.Counts counts,
      NDArray partnerBE,
      Losses.Sum losses) {
    int[] slots = proposal.slots(ids);
    statistics.samples(slots, pair.idPairs());
    for (int i = 0; i < slices; i++) {
      int slice = i;
      int from = pair.from(slice);
      int to = pair.from(slice + 1);
      ProbePass.run(
          probe,
          () -> pair.images(side, slice),
          profile,
          (images, unitBE, normB1) -> {
            NDArray gradientBE =
                head.score(
                    unitBE,
                    margin.seesSamples()
                        ? margin.samples(normB1, Arrays.copyOfRange(ids, from, to))
                        : null,
                    Arrays.copyOfRange(slots, from, to),
                    counts,
                    proposal,
                    matrix,
                    losses);
            losses.read(
                unitBE.mul(partnerBE.get(from + ":" + to)).sum(),
                cosines -> statistics.cosine(cosines / (to - from)));
            return gradientBE;
          });
    }
  }

  private static FloatRows rows(NDArray featuresBE) {
    return FloatRows.of(
        HostReads.floats(featuresBE),
        (int) featuresBE.getShape().get(0),
        (int) featuresBE.getShape().get(1));
  }

  @Override
  public void update(double learningRate) {
    matrix.apply(group.commit(toCommit).row0());
    toCommit = null;
    margin.commit();
    profile.lap("group");
    step++;
    gallery.follow(step);
    profile.lap("update");
  }

  @Override
  public Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>(statistics.take());
    figures.put("gallery_momentum", gallery.momentum(step));
    figures.putAll(group.statistics().asMap());
    figures.putAll(margin.figures());
    return figures;
  }

  @Override
  public Encoder gallery() {
    return gallery.encoder();
  }

  @Override
  public IdGroup group() {
    return group;
  }

  @Override
  public Map<String, Long> hashes() {
    return margin.hashes();
  }

  @Override
  public Footprint footprint() {
    return footprint(
        config,
        probe.embedding(),
        gallery.encoder().parameters().size(),
        batch / slices,
        manager.getDevice().isGpu());
  }

  /**
   * Predicted bytes of the group, the gallery and the logits.
   *
   * @param gpu whether the classifier lies on a GPU, as a copy of the group's first rows
   */
  public static Footprint footprint(
      FfcConfig config, int embedding, long weights, int pairs, boolean gpu) {
    long rows = config.update().type().equals("two-row") ? 2 : 1;
    long matrix = 4L * config.capacity() * embedding;
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("group", rows * matrix + 40L * config.capacity());
    if (gpu) {
      parts.put("group_mirror", matrix);
    }
    parts.put("gallery", 4 * weights);
    // Cosines, logits and their gradient take each other's place.
    parts.put("logits", 4L * pairs * config.capacity());
    return new Footprint(parts).withHost("group");
  }

  @Override
  public void save(CheckpointWriter out) throws IOException {
    out.tensors("gallery", gallery.encoder().parameters().all());
    GroupFile.write(out, step, group);
    margin.save(out);
  }

  @Override
  public void load(CheckpointReader in) throws IOException {
    Weights.load(gallery.encoder().parameters(), in, "gallery");
    GroupFile stored = GroupFile.read(in, matrix.rows());
    step = stored.step();
    group = stored.group();
    matrix.reset();
    margin.load(in);
  }

  @Override
  public void close() {
    closer.close();
  }
}
