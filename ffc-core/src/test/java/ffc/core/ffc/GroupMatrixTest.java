package ffc.core.ffc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.idgroup.DirectRows;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Patch;
import ffc.idgroup.Proposal;
import ffc.idgroup.Rows;
import ffc.idgroup.Weighted;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupMatrixTest {
  /** More than one block. */
  private static final int SLOTS = 9000;

  private static final int DIM = 3;
  private static final Patch NOTHING = new Patch(new int[0], new FloatRows(0, DIM));

  private static float[] seen(GroupMatrix matrix, Patch patch) {
    return matrix.with(patch, SLOTS, NDArray::toFloatArray);
  }

  private static float[] values(Rows rows) {
    FloatRows copy = new FloatRows(rows.count(), rows.dim());
    for (int row = 0; row < rows.count(); row++) {
      rows.copyRow(row, copy, row);
    }
    return copy.values();
  }

  /** Whose the rows of the group are. */
  private enum Kind {
    SHARED,
    /** As beside an accelerator. */
    MIRRORED,
    OF_THE_HEAP;

    GroupMatrix of(NDManager manager) {
      return this == OF_THE_HEAP
          ? new GroupMatrix(manager, new FloatRows(SLOTS, DIM))
          : new GroupMatrix(manager, SLOTS, DIM, this == MIRRORED);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void theEngineSeesTheGroupWithAndWithoutProposals(Kind kind) {
    long seed = 7;
    Random random = new Random(seed);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        GroupMatrix matrix = kind.of(manager)) {
      IdGroup group = IdGroup.ofEmptySlots(new Weighted(0.5), matrix.rows(), null);
      assertThat(group.row0() instanceof DirectRows).isEqualTo(kind != Kind.OF_THE_HEAP);
      for (int step = 0; step < 30; step++) {
        int images = 500;
        long[] ids = random.longs(images, 0, 2 * SLOTS).toArray();
        FloatRows features = new FloatRows(images, DIM);
        for (int i = 0; i < features.values().length; i++) {
          features.values()[i] = random.nextFloat() - 0.5f;
        }
        final Proposal proposal = group.propose(ids, features);
        float[] before = values(group.row0());
        float[] laidOver = before.clone();
        Patch patch = proposal.heads().get(0);
        float[] news = ((FloatRows) patch.rows()).values();
        for (int i = 0; i < patch.slots().length; i++) {
          System.arraycopy(news, i * DIM, laidOver, patch.slots()[i] * DIM, DIM);
        }
        assertThat(seen(matrix, patch)).as("seed %d step %d", seed, step).isEqualTo(laidOver);
        assertThat(seen(matrix, NOTHING)).as("seed %d step %d", seed, step).isEqualTo(before);
        assertThat(values(group.row0())).as("seed %d step %d", seed, step).isEqualTo(before);
        matrix.apply(group.commit(proposal).row0());
        assertThat(seen(matrix, NOTHING)).as("seed %d step %d", seed, step).isEqualTo(laidOver);
        assertThat(values(group.row0())).as("seed %d step %d", seed, step).isEqualTo(laidOver);
      }
    }
  }

  @Test
  void aProposalIsTakenAwayFromAHeadThatFails() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        GroupMatrix matrix = new GroupMatrix(manager, SLOTS, DIM)) {
      Patch patch = new Patch(new int[] {4}, FloatRows.of(new float[] {1, 2, 3}, 1, DIM));
      assertThatThrownBy(
              () ->
                  matrix.with(
                      patch,
                      SLOTS,
                      rows -> {
                        throw new UnsupportedOperationException();
                      }))
          .isInstanceOf(UnsupportedOperationException.class);
      assertThat(seen(matrix, NOTHING)).containsOnly(0);
    }
  }

  @Test
  void blocksThatAreAllFullAreTheMatrix() {
    int slots = 2 * 8192;
    FloatRows rows = new FloatRows(slots, DIM);
    rows.values()[slots * DIM - 1] = 7;
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        GroupMatrix copy = new GroupMatrix(manager, rows);
        GroupMatrix own = new GroupMatrix(manager, slots, DIM)) {
      rows.copyRow(slots - 1, own.rows(), slots - 1);
      for (GroupMatrix matrix : new GroupMatrix[] {copy, own}) {
        float[] seen = matrix.with(NOTHING, slots, NDArray::toFloatArray);
        assertThat(seen).hasSize(slots * DIM).endsWith(0, 7);
        assertThat(matrix.<float[]>with(NOTHING, 2, NDArray::toFloatArray)).hasSize(2 * DIM);
      }
    }
  }

  @Test
  void rowsBesideAnAcceleratorGoUpWhenTheyWereLoadedAndDownWhenTheyWereTrained() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        GroupMatrix matrix = new GroupMatrix(manager, SLOTS, DIM, true)) {
      FloatRows one = FloatRows.of(new float[] {1, 2, 3}, 1, DIM);
      one.copyRow(0, matrix.rows(), SLOTS - 1);
      assertThat(seen(matrix, NOTHING)).containsOnly(0);
      matrix.reset();
      assertThat(seen(matrix, NOTHING)).endsWith(1, 2, 3);
      matrix.view(SLOTS).addi(1);
      assertThat(values(matrix.rows())).endsWith(1, 2, 3);
      matrix.download(SLOTS);
      assertThat(values(matrix.rows())).startsWith(1, 1, 1).endsWith(2, 3, 4);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rowsOfAClosedMatrixAreNotTouched(boolean mirrored) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      GroupMatrix matrix = new GroupMatrix(manager, SLOTS, DIM, mirrored);
      matrix.close();
      assertThatIllegalStateException().isThrownBy(() -> matrix.rows().isFinite(0));
    }
  }
}
