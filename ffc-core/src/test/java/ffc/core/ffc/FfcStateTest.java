package ffc.core.ffc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.loss.Losses;
import ffc.core.method.DevicePair;
import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.core.method.StepProfile;
import ffc.core.method.StepSizes;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Precision;
import ffc.engine.Autograd;
import ffc.exchange.LocalExchange;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Rows;
import ffc.idgroup.Weighted;
import ffc.loaders.DataSets;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
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

/** What a step of the method does to its state; what it computes: {@link ReferenceStepsTest}. */
class FfcStateTest {
  private static final int K = 12;
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
  private final StepProfile profile = new StepProfile();

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

  private static FfcConfig config(
      FfcConfig.Update update, FfcConfig.EmptySlots empty, Double warmFill) {
    return FfcConfigBuilder.builder()
        .type("ffc")
        .capacity(K)
        .galleryMomentum(0.75)
        .update(update)
        .emptySlots(empty)
        .warmFill(warmFill)
        .build();
  }

  private Ffc ffc(FfcConfig config) {
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
            .accumulate(2)
            .build();
    return new Ffc(
        config,
        new MethodContext(
            probe, MODEL, draws, data, null, run, 7, new LocalExchange(), () -> 0, profile));
  }

  private static PairBatch batch(long[] xIds, long[] yIds, int idPairs) {
    ByteBuffer x = ByteBuffer.allocateDirect(xIds.length * SHAPE.bytes());
    ByteBuffer y = ByteBuffer.allocateDirect(yIds.length * SHAPE.bytes());
    Random random = new Random(5);
    for (int i = 0; i < x.capacity(); i++) {
      x.put(i, (byte) random.nextInt());
      y.put(i, (byte) random.nextInt());
    }
    return new PairBatch(x, y, xIds, yIds, idPairs, Cursor.START, Cursor.START, () -> {});
  }

  private void step(Ffc ffc, long[] xIds, long[] yIds, boolean completed) {
    step(ffc, batch(xIds, yIds, 2), completed);
  }

  private void step(Ffc ffc, PairBatch batch, boolean completed) {
    try (NDScope scope = new NDScope();
        NDManager step = manager.newSubManager()) {
      scope.suppressNotUsedWarning();
      Losses losses = ffc.accumulate(DevicePair.upload(batch, SHAPE, step, 2));
      assertThat(losses.terms()).containsOnlyKeys("existing", "fresh");
      if (completed) {
        ffc.update(0.1);
      }
    }
  }

  private static float[] row(Rows rows, int row) {
    FloatRows one = new FloatRows(1, rows.dim());
    rows.copyRow(row, one, 0);
    return one.values();
  }

  @Test
  void onlyACompletedStepChangesTheGroupAndTheGallery() {
    try (Ffc ffc = ffc(config(null, null, null))) {
      NDArray weight = ffc.gallery().parameters().weightList().head();
      NDArray probeWeight = probe.parameters().weightList().head();
      float[] before = weight.toFloatArray();
      probeWeight.addi(0.5f);
      step(ffc, new long[] {3, 5, 7, 9}, new long[] {3, 5, 7, 9}, false);
      assertThat(ffc.group().occupied()).isZero();
      assertThat(weight.toFloatArray()).isEqualTo(before);

      step(ffc, new long[] {3, 5, 7, 9}, new long[] {3, 5, 8, 9}, true);
      assertThat(ffc.group().occupied()).isEqualTo(4);
      long[] ids = {3, 5, 7, 9};
      for (int slot = 0; slot < 4; slot++) {
        assertThat(ffc.group().idAt(slot)).isEqualTo(ids[slot]);
        double squares = 0;
        for (float value : row(ffc.group().row0(), slot)) {
          squares += (double) value * value;
        }
        assertThat(squares).isCloseTo(1, within(1e-5));
      }
      float[] after = weight.toFloatArray();
      for (int i = 0; i < after.length; i++) {
        assertThat((double) after[i]).isCloseTo(before[i] + 0.25 * 0.5, within(1e-5));
      }
    }
  }

  @Test
  void figuresSayWhatTheSamplesMet() {
    try (Ffc ffc = ffc(config(null, null, null))) {
      // In both passes the first and the last sample find their identity, the others do not.
      step(ffc, new long[] {3, 5, 7, 9}, new long[] {3, 6, 8, 9}, true);
      Map<String, Double> figures = ffc.statistics();
      assertThat(figures).containsEntry("existing_share_id_loader", 0.5);
      assertThat(figures).containsEntry("existing_share_instance_loader", 0.5);
      assertThat(figures.get("probe_gallery_cosine")).isBetween(-1.0, 1.0);
      assertThat(figures).containsEntry("gallery_momentum", 0.75);
      assertThat(figures).containsAllEntriesOf(ffc.group().statistics().asMap());
      assertThat(ffc.statistics()).doesNotContainKey("existing_share_id_loader");
    }
  }

  /** A gallery that is still a copy of the probe sees the same in the same images. */
  @Test
  void theCosineOfProbeAndGalleryIsTheMeanOverRowsAndSlices() {
    try (Ffc ffc = ffc(config(null, null, null))) {
      PairBatch batch = batch(new long[] {3, 5, 7, 9}, new long[] {3, 5, 7, 9}, 2);
      PairBatch twice =
          new PairBatch(
              batch.x(),
              batch.x(),
              batch.xIds(),
              batch.yIds(),
              2,
              Cursor.START,
              Cursor.START,
              () -> {});
      step(ffc, twice, true);
      assertThat(ffc.statistics().get("probe_gallery_cosine")).isCloseTo(1, within(1e-4));
      assertThat(profile.take())
          .containsOnlyKeys(
              "ms_gallery", "ms_group", "ms_forward", "ms_head", "ms_backward", "ms_update");
    }
  }

  @Test
  void goesOnFromWhatItWrote() throws IOException {
    FfcConfig twoRow = config(FfcConfigUpdateBuilder.builder().type("two-row").build(), null, null);
    try (Ffc ffc = ffc(twoRow);
        Ffc other = ffc(twoRow)) {
      step(ffc, new long[] {3, 5, 7, 9}, new long[] {3, 5, 8, 9}, true);
      probe.parameters().weightList().head().addi(0.5f);
      step(ffc, new long[] {1, 5, 7, 2}, new long[] {1, 5, 8, 2}, true);
      other.load(CheckpointReader.open(new Checkpoints(temp, 1).write(0, other::save)));
      assertThat(other.group().occupied()).isZero();
      Path folder = new Checkpoints(temp, 1).write(2, ffc::save);
      other.load(CheckpointReader.open(folder));
      assertThat(other.group().stateHash()).isEqualTo(ffc.group().stateHash());
      for (Ffc each : List.of(ffc, other)) {
        step(each, new long[] {4, 5, 7, 2}, new long[] {4, 5, 8, 2}, true);
      }
      assertThat(other.group().stateHash()).isEqualTo(ffc.group().stateHash());
      assertThat(other.gallery().parameters().weightList().head().toFloatArray())
          .isEqualTo(ffc.gallery().parameters().weightList().head().toFloatArray());
    }
  }

  @Test
  void theRampGoesOnWhereItWas() throws IOException {
    FfcConfig ramp =
        FfcConfigBuilder.builder()
            .type("ffc")
            .capacity(K)
            .galleryMomentum(0.99)
            .galleryMomentumSchedule(MomentumEncoder.Course.ramp)
            .build();
    try (Ffc ffc = ffc(ramp);
        Ffc other = ffc(ramp)) {
      step(ffc, new long[] {3, 5, 7, 9}, new long[] {3, 5, 8, 9}, true);
      assertThat(ffc.statistics()).containsEntry("gallery_momentum", 2.0 / 21);
      other.load(CheckpointReader.open(new Checkpoints(temp, 1).write(1, ffc::save)));
      assertThat(other.statistics()).containsEntry("gallery_momentum", 2.0 / 21);
    }
  }

  /** Writes what {@link Ffc#save} does, with a group file of its own. */
  private void refuses(Ffc ffc, GroupFile content, String message) throws IOException {
    Path folder =
        new Checkpoints(temp, 1)
            .write(
                1,
                out -> {
                  out.tensors("gallery", ffc.gallery().parameters().all());
                  groupFile(out, content);
                });
    assertThatThrownBy(() -> ffc.load(CheckpointReader.open(folder)))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessageStartingWith(folder.resolve("group.bin") + ": cannot be read: ")
        .hasMessageContaining(message);
  }

  private interface GroupFile {
    void write(DataOutputStream out) throws IOException;
  }

  private static void groupFile(CheckpointWriter out, GroupFile content) throws IOException {
    try (DataOutputStream file = out.file("group.bin", 1)) {
      content.write(file);
    }
  }

  @Test
  void aGroupFileThatMakesNoSenseIsRefused() throws IOException {
    try (Ffc ffc = ffc(config(null, null, null))) {
      refuses(
          ffc,
          out -> {
            out.writeLong(-1);
            ffc.group().save(out);
          },
          "step -1");
      refuses(
          ffc,
          out -> {
            out.writeLong(1);
            ffc.group().save(out);
            out.write(0);
          },
          "1 bytes follow");
      refuses(ffc, out -> out.writeLong(1), "it ends too early");
      refuses(
          ffc,
          out -> {
            out.writeLong(1);
            new IdGroup(K + 1, E, new Weighted(0.5)).save(out);
          },
          Integer.toString(K + 1));
    }
  }

  @Test
  void aShareOfTheGroupIsFilledBeforeTheFirstStep() {
    for (double share : new double[] {0.25, 1}) {
      try (Ffc ffc = ffc(config(null, null, share))) {
        int filled = (int) Math.round(share * K);
        assertThat(ffc.group().occupied()).isEqualTo(filled);
        for (int slot = 0; slot < filled; slot++) {
          assertThat(ffc.group().idAt(slot)).isBetween(0L, 39L);
          double squares = 0;
          for (float value : row(ffc.group().row0(), slot)) {
            squares += (double) value * value;
          }
          assertThat(squares).isCloseTo(1, within(1e-5));
        }
      }
    }
  }

  @Test
  void neverMoreIdentitiesAreFilledInThanThereAre() {
    FfcConfig large =
        FfcConfigBuilder.builder()
            .type("ffc")
            .capacity(50)
            .galleryMomentum(0.75)
            .warmFill(1.0)
            .build();
    try (Ffc ffc = ffc(large)) {
      assertThat(ffc.group().occupied()).isEqualTo(40);
    }
  }

  /** The start of the reference code, of which the empty slots are negatives too. */
  @Test
  void emptySlotsMayBeRandomPositiveRows() {
    FfcConfig.Update twoRow = FfcConfigUpdateBuilder.builder().type("two-row").build();
    try (Ffc ffc = ffc(config(twoRow, FfcConfig.EmptySlots.random, null))) {
      double mean = 0;
      for (Rows rows : List.of(ffc.group().row0(), ffc.group().row1())) {
        for (int slot = 0; slot < K; slot++) {
          double squares = 0;
          for (float value : row(rows, slot)) {
            assertThat(value).isBetween(0f, 1f);
            squares += (double) value * value;
            mean += value / (2.0 * K * E);
          }
          assertThat(squares).isCloseTo(1, within(1e-6));
        }
      }
      assertThat(mean).isBetween(0.3, 0.6);
      assertThat(row(ffc.group().row0(), 3)).isNotEqualTo(row(ffc.group().row1(), 3));
      assertThat(row(ffc.group().row0(), 3)).isNotEqualTo(row(ffc.group().row0(), 4));
    }
    try (Ffc ffc = ffc(config(null, FfcConfig.EmptySlots.random, null))) {
      assertThat(ffc.group().row1()).isNull();
      step(ffc, new long[] {3, 5, 7, 9}, new long[] {3, 5, 8, 9}, true);
      assertThat(ffc.group().occupied()).isEqualTo(4);
    }
    try (Ffc ffc = ffc(config(null, null, null))) {
      assertThat(row(ffc.group().row0(), 3)).containsOnly(0);
    }
  }

  @Test
  void aFootprintCountsRowsGalleryAndLogits() {
    FfcConfig weighted = config(null, null, null);
    FfcConfig twoRow = config(FfcConfigUpdateBuilder.builder().type("two-row").build(), null, null);
    long matrix = 4L * K * E;
    assertThat(Ffc.footprint(weighted, E, 1000, 8, false).parts())
        .isEqualTo(Map.of("group", matrix + 40 * K, "gallery", 4000L, "logits", 4L * 8 * K));
    assertThat(Ffc.footprint(twoRow, E, 1000, 8, true).parts())
        .containsEntry("group", 2 * matrix + 40 * K)
        .containsEntry("group_mirror", matrix);
    try (Ffc ffc = ffc(weighted)) {
      // Two slices of four pairs.
      assertThat(ffc.footprint())
          .isEqualTo(Ffc.footprint(weighted, E, probe.parameters().size(), 2, false));
    }
  }

  @Test
  void aFootprintOfRowsThatLearnCountsVelocitiesAndGradient() {
    FfcConfig trained =
        FfcConfigBuilder.builder().capacity(K).rows(FfcConfig.RowKind.trained).build();
    StepSizes sizes = new StepSizes(probe.size(), E, 8, 2, 40, 1, false, null);
    long matrix = 4L * K * E;
    assertThat(trained.footprint(sizes).parts())
        .isEqualTo(
            Map.of(
                "group",
                matrix + 40 * K,
                "row_velocities",
                matrix,
                "row_gradient",
                matrix,
                "logits",
                4L * 2 * 4 * K,
                "activations_second_side",
                probe.size().activationBytes(4)));
    FfcConfig byGallery =
        FfcConfigBuilder.builder(trained).rowEntry(FfcConfig.RowEntry.gallery).build();
    assertThat(byGallery.footprint(sizes).parts())
        .containsEntry("gallery", 4 * probe.size().weights());
  }
}
