package ffc.pfc.virtualfc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointInput;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginHead;
import ffc.core.loss.MarginRule;
import ffc.core.loss.MarginState;
import ffc.core.method.DevicePair;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.engine.Closer;
import ffc.engine.NativeOps;
import ffc.engine.Upload;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Virtual FC (Li et al., CVPR 2021): a classifier of G columns for any number of identities. The
 * columns of a batch's identities are overwritten by the normalised sum of their features; a sample
 * of one side is scored against the features of the other side, so that it never meets itself. No
 * gradient flows into columns. Rows of a batch that are no pair of one identity have no positive
 * and are left out of the loss.
 */
public final class VirtualFc implements Method {
  // b images of a slice and side, E embedding, G columns

  private static final String FILE = "columns.bin";

  private final VirtualFcConfig config;
  private final Encoder probe;
  private final StepProfile profile;
  private final MarginState margin;
  private final MarginHead head;
  private final NDManager manager;
  private final NDArray rowsGE;
  private final VirtualColumns columns;
  private final List<Update> updates = new ArrayList<>();
  private final Footprint footprint;
  private long samples;
  private long scored;
  private long borrowed;

  /** What a slice leaves behind for {@link #update}: sums of both sides for columns that stay. */
  private record Update(VirtualColumns.Assignment assignment, long[] columns, NDArray rowsE) {}

  /** Builds the method with empty columns. */
  public VirtualFc(VirtualFcConfig config, MethodContext context) {
    this.config = config;
    this.probe = context.probe();
    this.profile = context.profile();
    int images = 2 * context.data().pairsPerBatch();
    if (config.columns() < images) {
      throw new IllegalArgumentException(
          "method.columns ("
              + config.columns()
              + ") must be at least the images of a batch ("
              + images
              + ")");
    }
    this.margin = new MarginState(config.margin().create(), context.exchange(), context.step());
    this.head = new MarginHead(margin, config.margin().scale());
    this.manager = probe.parameters().weightList().head().getManager().newSubManager();
    try {
      this.rowsGE = manager.zeros(new Shape(config.columns(), probe.embedding()));
      NDScope.unregister(rowsGE);
      this.columns = new VirtualColumns(config.columns());
      int perForward = images / context.run().accumulate();
      this.footprint =
          JointForward.withSecondSide(
              footprint(config, probe.embedding(), perForward), probe, perForward);
    } catch (Throwable e) {
      Closer.of(manager).closeAfter(e);
      throw e;
    }
  }

  @Override
  public Losses accumulate(DevicePair pair) {
    drop();
    margin.begin();
    try (Losses.Sum losses = new Losses.Sum()) {
      JointForward.run(
          probe,
          pair,
          profile,
          (unitBE, slice) -> {
            int b = slice.ids().length / 2;
            long[] xIds = Arrays.copyOf(slice.ids(), b);
            long[] yIds = Arrays.copyOfRange(slice.ids(), b, 2 * b);
            VirtualColumns.Assignment assignment = columns.assign(slice.ids());
            NDArray xBE = unitBE.get("0:" + b);
            NDArray yBE = unitBE.get(b + ":");
            long[] xRows = rowsWithClass(xIds, yIds);
            long[] yRows = rowsWithClass(yIds, xIds);
            double count = Math.max(1, xRows.length + yRows.length) / slice.share();
            MarginRule.Samples x = margin.samples(slice.normB1().get("0:" + b), xIds);
            MarginRule.Samples y = margin.samples(slice.normB1().get(b + ":"), yIds);
            NDArray gradientX = side(xBE, x, xRows, yBE, yIds, assignment, count, losses);
            NDArray gradientY = side(yBE, y, yRows, xBE, xIds, assignment, count, losses);
            remember(unitBE, slice.ids(), assignment);
            samples += 2L * b;
            scored += xRows.length + yRows.length;
            borrowed += assignment.column().size() - assignment.owners().size();
            return NDArrays.concat(new NDList(gradientX, gradientY));
          });
      return losses.toLosses();
    }
  }

  private static long[] rowsWithClass(long[] ids, long[] otherIds) {
    Set<Long> known = new LinkedHashSet<>();
    for (long id : otherIds) {
      known.add(id);
    }
    return IntStream.range(0, ids.length)
        .filter(i -> known.contains(ids[i]))
        .asLongStream()
        .toArray();
  }

  /** Scores one side against columns made of the other; gradient f32 [b, E]. */
  private NDArray side(
      NDArray unitBE,
      MarginRule.Samples samples,
      long[] rows,
      NDArray otherBE,
      long[] otherIds,
      VirtualColumns.Assignment assignment,
      double count,
      Losses.Sum losses) {
    if (rows.length == 0) {
      return unitBE.zerosLike();
    }
    NDManager temporary = unitBE.getManager();
    long[] present = Arrays.stream(otherIds).distinct().toArray();
    long[] places = new long[present.length];
    for (int i = 0; i < places.length; i++) {
      places[i] = assignment.column().get(present[i]);
    }
    NDIndex at = new NDIndex("{}", Upload.to(temporary, places));
    NDArray before = rowsGE.get(at);
    rowsGE.set(at, sums(otherBE, otherIds, present));
    long[] holder = columns.occupants().clone();
    for (int i = 0; i < places.length; i++) {
      holder[(int) places[i]] = present[i];
    }
    MarginRule.Samples scoredSamples = samples.rows(rows);
    long[] sampleIds = scoredSamples.ids();
    long[] targets = Arrays.stream(sampleIds).map(id -> assignment.column().get(id)).toArray();
    NDArray rowArray = Upload.to(temporary, rows);
    MarginHead.Part part =
        head.at(scoredSamples)
            .softmax(
                unitBE.get(rowArray),
                rowsGE,
                Upload.to(temporary, targets),
                ignored(temporary, sampleIds, targets, holder),
                count,
                false);
    rowsGE.set(at, before);
    losses.add("virtual", part.value());
    NDArray gradientBE = unitBE.zerosLike();
    gradientBE.set(new NDIndex("{}", rowArray), part.embeddingGradient());
    return gradientBE;
  }

  /** Empty columns and other columns of the sample's own identity are no negatives. */
  private static NDArray ignored(
      NDManager temporary, long[] sampleIds, long[] targets, long[] holder) {
    NDArray holderG = Upload.to(temporary, holder).reshape(1, holder.length);
    NDArray ignoredBG =
        Upload.to(temporary, sampleIds)
            .reshape(sampleIds.length, 1)
            .eq(holderG)
            .logicalOr(holderG.eq(VirtualColumns.EMPTY));
    NDArray rows = temporary.arange(0, sampleIds.length, 1, DataType.INT64);
    ignoredBG.set(
        new NDIndex("{}, {}", rows, Upload.to(temporary, targets)),
        temporary.zeros(new Shape(sampleIds.length), DataType.BOOLEAN));
    return ignoredBG;
  }

  /** Normalised sum of the features of each of some identities, f32 [present, E]. */
  private static NDArray sums(NDArray unitBE, long[] ids, long[] present) {
    float[] member = new float[present.length * ids.length];
    for (int i = 0; i < present.length; i++) {
      for (int j = 0; j < ids.length; j++) {
        member[i * ids.length + j] = ids[j] == present[i] ? 1 : 0;
      }
    }
    NDArray memberPB =
        Upload.to(unitBE.getManager(), member, new Shape(present.length, ids.length));
    return MarginHead.normalise(NativeOps.product(memberPB, unitBE.transpose()));
  }

  private void remember(NDArray unitBE, long[] ids, VirtualColumns.Assignment assignment) {
    long[] owned = assignment.owners().keySet().stream().mapToLong(c -> c).sorted().toArray();
    long[] owners = Arrays.stream(owned).map(c -> assignment.owners().get((int) c)).toArray();
    NDArray rowsE = sums(unitBE, ids, owners);
    NDScope.unregister(rowsE);
    updates.add(new Update(assignment, owned, rowsE));
  }

  @Override
  public void update(double learningRate) {
    for (Update update : updates) {
      NDManager temporary = update.rowsE().getManager();
      rowsGE.set(new NDIndex("{}", Upload.to(temporary, update.columns())), update.rowsE());
      columns.commit(update.assignment());
    }
    drop();
    margin.commit();
    profile.lap("update");
  }

  @Override
  public Map<String, Long> hashes() {
    return margin.hashes();
  }

  private void drop() {
    updates.forEach(u -> u.rowsE().close());
    updates.clear();
  }

  @Override
  public Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(
        "columns_filled",
        (double) Arrays.stream(columns.occupants()).filter(o -> o != VirtualColumns.EMPTY).count());
    if (samples > 0) {
      figures.put("scored_share", (double) scored / samples);
      figures.put("borrowed_columns", (double) borrowed);
    }
    figures.putAll(margin.figures());
    samples = 0;
    scored = 0;
    borrowed = 0;
    return figures;
  }

  @Override
  public Encoder gallery() {
    return null;
  }

  @Override
  public Footprint footprint() {
    return footprint;
  }

  /** Predicted bytes of the columns and the logits. */
  public static Footprint footprint(VirtualFcConfig config, int embedding, int images) {
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("columns", 4L * config.columns() * embedding + 8L * config.columns());
    // Each side is scored by itself.
    parts.put("logits", (4L + 1) * (images / 2) * config.columns());
    return new Footprint(parts);
  }

  @Override
  public void save(CheckpointWriter out) throws IOException {
    out.tensors("columns", Map.of("rows", rowsGE));
    try (DataOutputStream file = out.file(FILE, 1)) {
      file.writeInt(config.columns());
      for (long id : columns.occupants()) {
        file.writeLong(id);
      }
    }
    margin.save(out);
  }

  @Override
  public void load(CheckpointReader in) throws IOException {
    try (CheckpointInput file = in.file(FILE, 1)) {
      int stored = file.readInt();
      if (stored != config.columns()) {
        throw new IllegalArgumentException(
            in.folder() + ": has " + stored + " columns, method.columns is " + config.columns());
      }
      long[] occupants = columns.occupants();
      for (int i = 0; i < occupants.length; i++) {
        occupants[i] = file.readLong();
        if (occupants[i] != VirtualColumns.EMPTY && occupants[i] % occupants.length != i) {
          throw file.bad("column " + i + " holds identity " + occupants[i]);
        }
      }
      file.expectEnd();
    }
    try (NDManager temporary = manager.newSubManager()) {
      rowsGE.set(new NDIndex(":"), in.tensor("columns", "rows", rowsGE.getShape(), temporary));
    }
    margin.load(in);
  }

  @Override
  public void close() {
    try (manager) {
      drop();
    }
  }
}
