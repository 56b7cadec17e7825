package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.loss.CurricularFaceConfigBuilder;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginConfig;
import ffc.core.method.DevicePair;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Precision;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.engine.Autograd;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.RowFlags;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.dcq.DynamicClassQueueConfigBuilder;
import ffc.pfc.softmax.SampledSoftmax;
import ffc.pfc.triplet.Triplet;
import ffc.pfc.triplet.TripletConfigBuilder;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfig;
import ffc.pfc.virtualfc.VirtualFcConfigBuilder;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a step of each method does to its state, its figures and files; what it computes: {@link
 * ReferenceStepsTest}.
 */
class MethodStepTest {
  private static final int E = 4;
  private static final ImageShape SHAPE = new ImageShape(1, 8, 8);
  private static final ModelConfig MODEL =
      ModelConfigBuilder.builder()
          .backbone(ModelConfig.Backbone.iresnet)
          .input(List.of(1, 8, 8))
          .layers(List.of(1))
          .widths(List.of(4))
          .embedding(E)
          .build();

  @TempDir Path temp;
  private NDManager manager;
  private Encoder probe;
  private Dataset data;

  @BeforeEach
  void open() {
    Autograd.off();
    manager = NDManager.newBaseManager();
    probe = Encoder.create(MODEL, manager, 1, Precision.fp32);
    probe.parameters().requireGradients();
    data = DataSets.open(new DataConfig.Source("synthetic", "ids=40;mean=2;tail=constant;seed=1"));
  }

  @AfterEach
  void close() {
    data.close();
    probe.close();
    manager.close();
  }

  private static OptimizerConfig optimizer(OptimizerConfig.Type type) {
    return OptimizerConfigBuilder.builder().type(type).learningRate(0.1).weightDecay(0.0).build();
  }

  /** Four pairs a step. */
  private MethodContext context(int slices) {
    DataConfig draws =
        DataConfigBuilder.builder()
            .train(new DataConfig.Source("synthetic", "-"))
            .idsPerBatch(2)
            .instancesPerBatch(4)
            .instancePartner(true)
            .workers(1)
            .prefetch(1)
            .build();
    RunConfig run =
        RunConfigBuilder.builder()
            .steps(9L)
            .device(RunConfig.Device.cpu)
            .threads(1)
            .accumulate(slices)
            .build();
    return new MethodContext(
        probe,
        MODEL,
        draws,
        data,
        optimizer(OptimizerConfig.Type.sgd),
        run,
        7,
        new LocalExchange(),
        () -> 0,
        new StepProfile());
  }

  private Losses step(Method method, int slices, long[] xIds, long[] yIds, boolean completed) {
    ByteBuffer x = ByteBuffer.allocateDirect(xIds.length * SHAPE.bytes());
    ByteBuffer y = ByteBuffer.allocateDirect(yIds.length * SHAPE.bytes());
    Random random = new Random(xIds[0]);
    for (int i = 0; i < x.capacity(); i++) {
      x.put(i, (byte) random.nextInt());
      y.put(i, (byte) random.nextInt());
    }
    PairBatch batch = new PairBatch(x, y, xIds, yIds, 2, Cursor.START, Cursor.START, () -> {});
    try (NDScope scope = new NDScope();
        NDManager step = manager.newSubManager()) {
      scope.suppressNotUsedWarning();
      Losses losses = method.accumulate(DevicePair.upload(batch, SHAPE, step, slices));
      if (completed) {
        method.update(0.1);
      }
      return losses;
    }
  }

  private static final long[] A = {3, 5, 7, 9};
  private static final long[] B = {1, 2, 4, 6};
  private static final long[] C = {11, 12, 14, 16};

  private static long[] queueIds(DynamicClassQueue queue, Path folder) throws IOException {
    Path written = new Checkpoints(folder, 1).writeBest(queue::save);
    try (var file = CheckpointReader.open(written).file("queue.bin", 1)) {
      file.readLong();
      long[] ids = new long[file.readInt()];
      file.readLong();
      file.readInt();
      for (int i = 0; i < ids.length; i++) {
        ids[i] = file.readLong();
      }
      return ids;
    }
  }

  @Test
  void theQueueForgetsTheOldestKeysFirst() throws IOException {
    DynamicClassQueueConfig config =
        DynamicClassQueueConfigBuilder.builder().capacity(12).galleryMomentum(0.75).build();
    try (DynamicClassQueue queue = new DynamicClassQueue(config, context(2))) {
      assertThat(queue.statistics()).containsEntry("queue_filled", 0.0);
      assertThat(step(queue, 2, A, A, false).terms()).containsOnlyKeys("queue");
      assertThat(queue.statistics()).containsEntry("queue_filled", 0.0);
      float[] before = queue.gallery().parameters().weightList().head().toFloatArray();
      probe.parameters().weightList().head().addi(0.5f);
      step(queue, 2, A, A, true);
      assertThat(queue.gallery().parameters().weightList().head().toFloatArray())
          .isNotEqualTo(before);
      assertThat(queue.statistics())
          .isEqualTo(Map.of("queue_filled", 8.0, "queue_identities", 4.0));
      step(queue, 2, B, C, true);
      assertThat(queue.statistics())
          .isEqualTo(Map.of("queue_filled", 12.0, "queue_identities", 12.0));
      assertThat(queueIds(queue, temp)).containsExactly(11, 12, 14, 16, 3, 5, 7, 9, 1, 2, 4, 6);
      step(queue, 2, A, A, true);
      assertThat(queueIds(queue, temp)).containsExactly(11, 12, 14, 16, 3, 5, 7, 9, 3, 5, 7, 9);
    }
  }

  @Test
  void aQueueShorterThanAStepKeepsTheLastKeys() throws IOException {
    DynamicClassQueueConfig config = DynamicClassQueueConfigBuilder.builder().capacity(5).build();
    try (DynamicClassQueue queue = new DynamicClassQueue(config, context(1))) {
      step(queue, 1, A, B, true);
      assertThat(queueIds(queue, temp)).containsExactly(9, 1, 2, 4, 6);
      step(queue, 1, B, C, true);
      assertThat(queueIds(queue, temp)).containsExactly(6, 11, 12, 14, 16);
    }
  }

  @Test
  void methodsGoOnFromWhatTheyWrote() throws IOException {
    DynamicClassQueueConfig dcq =
        DynamicClassQueueConfigBuilder.builder().capacity(12).galleryMomentum(0.75).build();
    VirtualFcConfig virtual = VirtualFcConfigBuilder.builder().columns(9).build();
    PartialFcConfig partial = PartialFcConfigBuilder.builder().sampleRate(0.5).build();
    List<MethodContext.Factory> factories =
        List.of(
            c -> new DynamicClassQueue(dcq, c),
            c -> new VirtualFc(virtual, c),
            c -> new PartialFc(partial, c));
    for (MethodContext.Factory factory : factories) {
      try (Method method = factory.create(context(1));
          Method other = factory.create(context(1))) {
        step(method, 1, A, A, true);
        step(method, 1, B, C, true);
        other.load(CheckpointReader.open(new Checkpoints(temp, 1).writeBest(method::save)));
        for (long[] ids : List.of(A, C)) {
          Losses wanted = step(method, 1, ids, ids, true);
          assertThat(step(other, 1, ids, ids, true)).isEqualTo(wanted);
          assertThat(wanted.total()).isNotZero();
        }
      }
    }
  }

  @Test
  void whatAMarginRemembersIsOfCompletedStepsIsToldAndIsKept() throws IOException {
    MarginConfig margin = CurricularFaceConfigBuilder.builder().build();
    List<MethodContext.Factory> factories =
        List.of(
            c ->
                new DynamicClassQueue(
                    DynamicClassQueueConfigBuilder.builder().capacity(12).margin(margin).build(),
                    c),
            c ->
                new VirtualFc(
                    VirtualFcConfigBuilder.builder().columns(9).margin(margin).build(), c));
    for (MethodContext.Factory factory : factories) {
      try (Method method = factory.create(context(1));
          Method other = factory.create(context(1));
          Method loaded = factory.create(context(1))) {
        Map<String, Long> first = method.hashes();
        assertThat(first).isNotEmpty();
        assertThat(method.statistics()).containsKeys(first.keySet().toArray(String[]::new));
        step(method, 1, C, C, false);
        step(method, 1, A, A, true);
        assertThat(method.hashes()).isNotEqualTo(first);
        step(other, 1, A, A, true);
        assertThat(method.hashes()).as("without the dropped step").isEqualTo(other.hashes());
        loaded.load(CheckpointReader.open(new Checkpoints(temp, 1).writeBest(method::save)));
        assertThat(loaded.hashes()).isEqualTo(method.hashes());
      }
    }
  }

  private interface Content {
    void write(DataOutputStream out) throws IOException;
  }

  private void refused(Method method, String name, Content content, String message)
      throws IOException {
    Path folder =
        new Checkpoints(temp, 1)
            .writeBest(
                out -> {
                  try (DataOutputStream file = out.file(name, 1)) {
                    content.write(file);
                  }
                });
    assertThatThrownBy(() -> method.load(CheckpointReader.open(folder)))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessageContaining(folder.resolve(name) + ": cannot be read: " + message);
  }

  private static void queueFile(
      DataOutputStream out, long step, int capacity, long filled, int next) throws IOException {
    out.writeLong(step);
    out.writeInt(capacity);
    out.writeLong(filled);
    out.writeInt(next);
    for (int i = 0; i < capacity; i++) {
      out.writeLong(i);
    }
  }

  @Test
  void queuesThatCannotBeAreRefused() throws IOException {
    DynamicClassQueueConfig config = DynamicClassQueueConfigBuilder.builder().capacity(5).build();
    try (DynamicClassQueue queue = new DynamicClassQueue(config, context(1))) {
      String problem = "step %d, %d of 5 places filled, next %d";
      for (long[] bad : new long[][] {{-1, 0, 0}, {0, -1, 0}, {0, 6, 0}, {0, 0, -1}, {0, 0, 5}}) {
        refused(
            queue,
            "queue.bin",
            out -> queueFile(out, bad[0], 5, bad[1], (int) bad[2]),
            problem.formatted(bad[0], bad[1], bad[2]));
      }
      refused(
          queue,
          "queue.bin",
          out -> {
            queueFile(out, 0, 5, 5, 4);
            out.write(0);
          },
          "1 bytes follow");
      Path folder =
          new Checkpoints(temp, 1)
              .writeBest(
                  out -> {
                    try (DataOutputStream file = out.file("queue.bin", 1)) {
                      queueFile(file, 0, 6, 0, 0);
                    }
                  });
      assertThatThrownBy(() -> queue.load(CheckpointReader.open(folder)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(folder + ": the queue has 6 places, method.capacity is 5");
    }
  }

  @Test
  void columnsThatCannotBeAreRefused() throws IOException {
    try (VirtualFc method =
        new VirtualFc(VirtualFcConfigBuilder.builder().columns(8).build(), context(1))) {
      refused(
          method,
          "columns.bin",
          out -> {
            out.writeInt(8);
            out.writeLong(-1);
            out.writeLong(10);
          },
          "column 1 holds identity 10");
      refused(
          method,
          "columns.bin",
          out -> {
            out.writeInt(8);
            for (int i = 0; i < 8; i++) {
              out.writeLong(8 + i);
            }
            out.write(0);
          },
          "1 bytes follow");
      Path folder =
          new Checkpoints(temp, 1)
              .writeBest(
                  out -> {
                    try (DataOutputStream file = out.file("columns.bin", 1)) {
                      file.writeInt(9);
                    }
                  });
      assertThatThrownBy(() -> method.load(CheckpointReader.open(folder)))
          .hasMessage(folder + ": has 9 columns, method.columns is 8");
    }
    try (PartialFc method = partialFc(0.5, null)) {
      refused(method, "classes.bin", out -> out.writeLong(-1), "step -1");
    }
  }

  @Test
  void columnsAreFilledByTheIdentitiesOfCompletedSteps() {
    assertThatThrownBy(
            () -> new VirtualFc(VirtualFcConfigBuilder.builder().columns(7).build(), context(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("method.columns (7) must be at least the images of a batch (8)");
    try (VirtualFc method =
        new VirtualFc(VirtualFcConfigBuilder.builder().columns(8).build(), context(1))) {
      step(method, 1, A, A, false);
      method.statistics();
      assertThat(step(method, 1, A, A, true).terms()).containsOnlyKeys("virtual");
      // Of 3, 5, 7 and 9 all have columns of their own; every sample has its pair.
      assertThat(method.statistics())
          .isEqualTo(Map.of("columns_filled", 4.0, "scored_share", 1.0, "borrowed_columns", 0.0));
      // 1 and 17 share a column, as 2 and 10 do; 5 and 6 have no partner.
      step(method, 1, new long[] {1, 2, 17, 5}, new long[] {1, 10, 17, 6}, true);
      assertThat(method.statistics())
          .isEqualTo(Map.of("columns_filled", 6.0, "scored_share", 0.5, "borrowed_columns", 2.0));
      assertThat(method.statistics()).containsOnlyKeys("columns_filled");
      assertThat(step(method, 1, A, B, true).total()).isZero();
      assertThat(method.gallery()).isNull();
    }
  }

  @Test
  void tripletsReportTheirActiveShare() throws IOException {
    try (Triplet method = new Triplet(TripletConfigBuilder.builder().build(), context(2))) {
      assertThat(method.statistics()).isEmpty();
      Losses losses = step(method, 2, A, A, true);
      assertThat(losses.terms()).containsOnlyKeys("triplet");
      assertThat(method.statistics().get("active_triplets")).isBetween(0.0, 1.0);
      assertThat(method.statistics()).isEmpty();
      assertThat(step(method, 2, A, B, true).total()).isZero();
      assertThat(method.statistics()).isEmpty();
      assertThat(method.gallery()).isNull();
      method.load(CheckpointReader.open(new Checkpoints(temp, 1).writeBest(method::save)));
    }
  }

  private PartialFc partialFc(double rate, PartialFcConfig.Storage storage) {
    return new PartialFc(
        PartialFcConfigBuilder.builder()
            .sampleRate(rate)
            .storage(storage)
            .folder(storage == null ? null : temp.toString())
            .build(),
        context(1));
  }

  @Test
  void classesGetTheirRowsWhenTheyAreFirstDrawn() {
    try (PartialFc method = partialFc(0.25, null)) {
      assertThat(method.statistics())
          .isEqualTo(Map.of("classes", 40.0, "classes_initialised", 0.0));
      float[] before = method.centers().row(3);
      step(method, 1, A, A, false);
      step(method, 1, A, A, false);
      assertThat(method.centers().row(3)).isEqualTo(before);
      assertThat(method.statistics()).doesNotContainKey("target_cosine");
      assertThat(step(method, 1, A, A, true).terms()).containsOnlyKeys("softmax");
      assertThat(method.centers().row(3)).isNotEqualTo(before);
      Map<String, Double> figures = method.statistics();
      assertThat(figures).containsEntry("classes_initialised", 10.0);
      assertThat(figures.get("target_cosine")).isBetween(-1.0, 1.0);
      assertThat(method.statistics()).doesNotContainKey("target_cosine");
      assertThat(method.isSharded()).isTrue();
      assertThat(method.holdsItsShare()).isTrue();
      assertThat(method.gallery()).isNull();
    }
  }

  @Test
  void mappedRowsNeedAFolder() {
    try (PartialFc inMemory = partialFc(0.25, null);
        PartialFc mapped = partialFc(0.25, PartialFcConfig.Storage.mapped)) {
      assertThat(step(mapped, 1, A, A, true)).isEqualTo(step(inMemory, 1, A, A, true));
      assertThat(mapped.centers().row(3)).isEqualTo(inMemory.centers().row(3));
    }
    assertThatThrownBy(
            () ->
                new PartialFc(
                    PartialFcConfigBuilder.builder()
                        .sampleRate(0.25)
                        .storage(PartialFcConfig.Storage.mapped)
                        .build(),
                    context(1)))
        .hasMessageStartingWith("method.folder is missing: method.storage mapped needs a folder");
  }

  @Test
  void footprintsCountWhatIsKept() {
    OptimizerConfig sgd = optimizer(OptimizerConfig.Type.sgd);
    PartialFcConfig memory = PartialFcConfigBuilder.builder().sampleRate(0.1).build();
    PartialFcConfig full = PartialFcConfigBuilder.builder().sampleRate(1.0).build();
    PartialFcConfig mapped =
        PartialFcConfigBuilder.builder()
            .sampleRate(0.1)
            .storage(PartialFcConfig.Storage.mapped)
            .folder("x")
            .build();
    long rows = 4L * 1000 * 8;
    assertThat(PartialFc.footprint(memory, sgd, 1000, 8, 32, 1).parts())
        .isEqualTo(
            Map.of(
                "classes",
                rows + RowFlags.bytes(1000),
                "momenta",
                rows,
                "class_gradient",
                4L * 100 * 8,
                "sample",
                16L * 100,
                "logits",
                4L * 100 * 32 + 4L * 100 * (32 + 8)));
    assertThat(PartialFc.footprint(full, sgd, 1000, 8, 32, 1).parts())
        .doesNotContainKey("sample")
        .containsEntry("logits", 4L * 1000 * 32 + 4L * 1000 * (32 + 8));
    assertThat(PartialFc.footprint(mapped, sgd, 1000, 8, 32, 1).parts())
        .doesNotContainKey("momenta")
        .containsEntry("classes", RowFlags.bytes(1000));
    // Three trainers of 334 classes at most, with 34 of a step; as many as samples at least.
    assertThat(PartialFc.footprint(memory, sgd, 1000, 8, 32, 3).parts())
        .containsEntry("classes", 4L * 334 * 8 + RowFlags.bytes(334))
        .containsEntry("sample", 16L * 34)
        .containsEntry("samples_of_all_trainers", 7L * 4 * 96 * 8);
    assertThat(PartialFc.footprint(memory, sgd, 1000, 8, 64, 3).parts())
        .containsEntry("sample", 16L * 64);
    assertThat(PartialFc.footprint(full, sgd, 1_000_000, 8, 100_000, 1).parts())
        .containsEntry(
            "logits", SampledSoftmax.KEPT_BYTES + 4L * ClassCenters.BLOCK * (100_000 + 8))
        .containsEntry("class_gradient", 4L * ClassCenters.BLOCK * 8);
    assertThat(PartialFc.tableBytes(sgd, 1000, 8, 1)).isEqualTo(2 * rows);
    assertThat(PartialFc.tableBytes(optimizer(OptimizerConfig.Type.adamw), 1000, 8, 3))
        .isEqualTo(334 * (3L * 4 * 8 + 4));

    assertThat(
            DynamicClassQueue.footprint(
                    DynamicClassQueueConfigBuilder.builder().capacity(100).build(), 8, 1000, 32)
                .parts())
        .isEqualTo(Map.of("queue", 4L * 132 * 8 + 800, "gallery", 4000L, "logits", 5L * 32 * 132));
    assertThat(
            VirtualFc.footprint(VirtualFcConfigBuilder.builder().columns(100).build(), 8, 32)
                .parts())
        .isEqualTo(Map.of("columns", 4L * 100 * 8 + 800, "logits", 5L * 16 * 100));
    assertThat(Triplet.footprint(32).parts()).isEqualTo(Map.of("logits", 20L * 32 * 32));

    long side = probe.size().activationBytes(4);
    DynamicClassQueueConfig dcq = DynamicClassQueueConfigBuilder.builder().capacity(12).build();
    try (Triplet whole = new Triplet(TripletConfigBuilder.builder().build(), context(1));
        Triplet sliced = new Triplet(TripletConfigBuilder.builder().build(), context(2));
        DynamicClassQueue queue = new DynamicClassQueue(dcq, context(2));
        VirtualFc virtual =
            new VirtualFc(VirtualFcConfigBuilder.builder().columns(9).build(), context(2));
        PartialFc partial = partialFc(0.5, null)) {
      assertThat(whole.footprint())
          .isEqualTo(Triplet.footprint(8).with("activations_second_side", side));
      assertThat(sliced.footprint().parts()).containsEntry("logits", 20L * 16);
      assertThat(queue.footprint().parts())
          .containsAllEntriesOf(
              DynamicClassQueue.footprint(dcq, E, probe.parameters().size(), 4).parts());
      assertThat(virtual.footprint().parts())
          .containsAllEntriesOf(
              VirtualFc.footprint(VirtualFcConfigBuilder.builder().columns(9).build(), E, 4)
                  .parts());
      assertThat(partial.footprint().parts())
          .containsEntry("activations_second_side", side)
          .containsEntry("sample", 16L * 20);
    }
  }
}
