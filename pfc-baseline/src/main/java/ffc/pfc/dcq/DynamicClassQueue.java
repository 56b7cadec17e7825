package ffc.pfc.dcq;

import ai.djl.ndarray.NDArray;
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
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Weights;
import ffc.engine.Closer;
import ffc.engine.Upload;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Dynamic class queue (Li et al., CVPR 2021): the negatives of a query are the most recent gallery
 * features, first in, first out; its positive is the gallery feature of the other image of its row
 * (of its own image where the row is no pair). Entries of the query's own identity are masked.
 */
public final class DynamicClassQueue implements Method {
  // b images of a slice and side, E embedding, K features in the queue, S = 2B keys of the step

  private static final String FILE = "queue.bin";

  private final DynamicClassQueueConfig config;
  private final Encoder probe;
  private final StepProfile profile;
  private final MomentumEncoder gallery;
  private final MarginState margin;
  private final MarginHead head;
  private final NDManager manager;
  private final int keysPerStep;
  // The queue, and before it S rows for the keys of the step, so that one view holds all columns of
  // the logits; a slice's keys end where the queue begins.
  private final NDArray columnsE;
  private final long[] ids;
  private final Footprint footprint;

  private long filled;
  private int next;
  private long step;
  private NDArray newKeys;
  private long[] newIds;

  /** Builds the method with an empty queue. */
  public DynamicClassQueue(DynamicClassQueueConfig config, MethodContext context) {
    this.config = config;
    this.probe = context.probe();
    this.profile = context.profile();
    this.keysPerStep = 2 * context.data().pairsPerBatch();
    MomentumEncoder.Following following =
        new MomentumEncoder.Following(
            config.galleryMomentum(), MomentumEncoder.Course.constant, config.galleryBatchNorm());
    this.manager = probe.parameters().weightList().head().getManager().newSubManager();
    try {
      this.gallery =
          new MomentumEncoder(probe, context.model(), following, manager, context.seed());
      this.margin = new MarginState(config.margin().create(), context.exchange(), context.step());
      this.head = new MarginHead(margin, config.margin().scale());
      this.columnsE =
          manager.zeros(new Shape((long) keysPerStep + config.capacity(), probe.embedding()));
      NDScope.unregister(columnsE);
      this.ids = new long[config.capacity()];
      int images = keysPerStep / context.run().accumulate();
      this.footprint =
          JointForward.withSecondSide(
              footprint(config, probe.embedding(), probe.parameters().size(), images),
              probe,
              images);
    } catch (Throwable e) {
      Closer.of(manager).closeAfter(e);
      throw e;
    }
  }

  @Override
  public Losses accumulate(DevicePair pair) {
    margin.begin();
    try (Losses.Sum losses = new Losses.Sum()) {
      newIds = JointForward.concat(pair.xIds(), pair.yIds());
      newKeys = pair.x().getManager().zeros(new Shape(newIds.length, probe.embedding()));
      NDScope.unregister(newKeys);
      JointForward.run(
          probe,
          pair,
          profile,
          (unitBE, slice) -> {
            NDArray keysBE = gallery.embed(slice.images());
            profile.lap("gallery");
            int b = slice.ids().length / 2;
            int to = slice.from() + b;
            newKeys.set(new NDIndex(slice.from() + ":" + to), keysBE.get("0:" + b));
            newKeys.set(
                new NDIndex((pair.size() + slice.from()) + ":" + (pair.size() + to)),
                keysBE.get(b + ":"));
            MarginHead.Part part =
                score(unitBE, keysBE, margin.samples(slice.normB1(), slice.ids()), newIds.length);
            losses.add("queue", part.value());
            return part.embeddingGradient();
          });
      return losses.toLosses();
    }
  }

  private MarginHead.Part score(
      NDArray unitBE, NDArray keysBE, MarginRule.Samples samples, int count) {
    long[] sampleIds = samples.ids();
    int n = sampleIds.length;
    NDManager temporary = unitBE.getManager();
    NDArray positiveOf = Upload.to(temporary, partners(sampleIds));
    int first = keysPerStep - n;
    columnsE.set(new NDIndex(first + ":" + keysPerStep), keysBE.get(positiveOf));
    long[] columnIds = Arrays.copyOf(sampleIds, n + (int) filled);
    System.arraycopy(ids, 0, columnIds, n, (int) filled);
    NDArray sampleIdB1 = Upload.to(temporary, sampleIds).reshape(n, 1);
    NDArray sameBK = sampleIdB1.eq(Upload.to(temporary, columnIds).reshape(1, columnIds.length));
    NDArray targetB = temporary.arange(0, n, 1, DataType.INT64);
    sameBK.set(
        new NDIndex("{}, {}", targetB, targetB), temporary.zeros(new Shape(n), DataType.BOOLEAN));
    NDArray columns = columnsE.get(first + ":" + (first + columnIds.length));
    return head.at(samples).softmax(unitBE, columns, targetB, sameBK, count, false);
  }

  /** Row of the key that each sample takes as its positive. */
  private static long[] partners(long[] sampleIds) {
    int b = sampleIds.length / 2;
    long[] rows = new long[sampleIds.length];
    for (int i = 0; i < rows.length; i++) {
      int other = i < b ? i + b : i - b;
      rows[i] = sampleIds[other] == sampleIds[i] ? other : i;
    }
    return rows;
  }

  @Override
  public void update(double learningRate) {
    // More keys than the queue holds: the last ones stay.
    int n = Math.min(newIds.length, config.capacity());
    int skipped = newIds.length - n;
    for (int done = 0; done < n; ) {
      int run = Math.min(n - done, config.capacity() - next);
      int at = keysPerStep + next;
      int from = skipped + done;
      columnsE.set(new NDIndex(at + ":" + (at + run)), newKeys.get(from + ":" + (from + run)));
      System.arraycopy(newIds, from, ids, next, run);
      next = (next + run) % config.capacity();
      done += run;
    }
    filled = Math.min(config.capacity(), filled + n);
    newKeys.close();
    newKeys = null;
    margin.commit();
    step++;
    gallery.follow(step);
    profile.lap("update");
  }

  @Override
  public Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("queue_filled", (double) filled);
    long distinct = Arrays.stream(ids, 0, (int) filled).distinct().count();
    figures.put("queue_identities", (double) distinct);
    figures.putAll(margin.figures());
    return figures;
  }

  @Override
  public Map<String, Long> hashes() {
    return margin.hashes();
  }

  @Override
  public Encoder gallery() {
    return gallery.encoder();
  }

  @Override
  public Footprint footprint() {
    return footprint;
  }

  /** Predicted bytes of the queue, the gallery and the logits. */
  public static Footprint footprint(
      DynamicClassQueueConfig config, int embedding, long weights, int images) {
    long columns = (long) config.capacity() + images;
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("queue", 4 * columns * embedding + 8L * config.capacity());
    parts.put("gallery", 4 * weights);
    parts.put("logits", (4L + 1) * images * columns);
    return new Footprint(parts);
  }

  @Override
  public void save(CheckpointWriter out) throws IOException {
    out.tensors("gallery", gallery.encoder().parameters().all());
    try (NDArray queue = columnsE.get(keysPerStep + ":").duplicate()) {
      out.tensors("queue", Map.of("features", queue));
    }
    try (DataOutputStream file = out.file(FILE, 1)) {
      file.writeLong(step);
      file.writeInt(config.capacity());
      file.writeLong(filled);
      file.writeInt(next);
      for (long id : ids) {
        file.writeLong(id);
      }
    }
    margin.save(out);
  }

  @Override
  public void load(CheckpointReader in) throws IOException {
    try (CheckpointInput file = in.file(FILE, 1)) {
      step = file.readLong();
      int capacity = file.readInt();
      if (capacity != config.capacity()) {
        throw new IllegalArgumentException(
            in.folder()
                + ": the queue has "
                + capacity
                + " places, method.capacity is "
                + config.capacity());
      }
      filled = file.readLong();
      next = file.readInt();
      if (step < 0 || filled < 0 || filled > capacity || next < 0 || next >= capacity) {
        throw file.bad(
            "step " + step + ", " + filled + " of " + capacity + " places filled, next " + next);
      }
      for (int i = 0; i < ids.length; i++) {
        ids[i] = file.readLong();
      }
      file.expectEnd();
    }
    Weights.load(gallery.encoder().parameters(), in, "gallery");
    try (NDManager temporary = manager.newSubManager()) {
      Shape shape = new Shape(config.capacity(), probe.embedding());
      columnsE.set(
          new NDIndex(keysPerStep + ":"), in.tensor("queue", "features", shape, temporary));
    }
    margin.load(in);
  }

  @Override
  public void close() {
    manager.close(); // the gallery's arrays are below it
  }
}
