package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.loss.CurricularFaceConfigBuilder;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginConfig;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.dcq.DynamicClassQueueConfigBuilder;
import ffc.pfc.triplet.Triplet;
import ffc.pfc.triplet.TripletConfigBuilder;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What a step of each method does to its state and its figures; what it computes: {@link
 * ReferenceStepsTest}.
 */
class MethodStepTest extends MethodSteps {
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
  void aQueueGoesOnWithItsGalleryAlsoFromBeforeItsFirstStep() throws IOException {
    DynamicClassQueueConfig config =
        DynamicClassQueueConfigBuilder.builder().capacity(12).galleryMomentum(0.75).build();
    try (DynamicClassQueue queue = new DynamicClassQueue(config, context(1));
        DynamicClassQueue other = new DynamicClassQueue(config, context(1))) {
      Checkpoints checkpoints = new Checkpoints(temp, 1);
      other.load(CheckpointReader.open(checkpoints.writeBest(queue::save)));
      assertThat(other.statistics()).containsEntry("queue_filled", 0.0);
      probe.parameters().weightList().head().addi(0.5f);
      step(queue, 1, A, A, true);
      other.load(CheckpointReader.open(checkpoints.writeBest(queue::save)));
      assertThat(other.gallery().parameters().weightList().head().toFloatArray())
          .isEqualTo(queue.gallery().parameters().weightList().head().toFloatArray())
          .isNotEqualTo(probe.parameters().weightList().head().toFloatArray());
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
}
