package ffc.idgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectRowsTest {
  private static DirectRows direct(int rowsPerBlock, int count, int dim) {
    List<FloatBuffer> blocks = new ArrayList<>();
    for (int from = 0; from < count; from += rowsPerBlock) {
      int rows = Math.min(rowsPerBlock, count - from);
      blocks.add(
          ByteBuffer.allocateDirect(4 * rows * dim).order(ByteOrder.nativeOrder()).asFloatBuffer());
    }
    return new DirectRows(blocks, rowsPerBlock, count, dim);
  }

  private static byte[] saved(IdGroup group) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    group.save(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static DataInputStream stream(byte[] bytes) {
    return new DataInputStream(new ByteArrayInputStream(bytes));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aGroupIsTheSameToTheBitWhereverItsRowsLie(boolean twoRow) throws IOException {
    for (long seed = 0; seed < 100; seed++) {
      String at = "seed " + seed;
      Random random = new Random(seed);
      int capacity = 1 + random.nextInt(40);
      int dim = 1 + random.nextInt(9);
      int rowsPerBlock = 1 + random.nextInt(capacity);
      UpdateRule rule = twoRow ? new TwoRow() : new Weighted(0.7);
      IdGroup onHeap = new IdGroup(capacity, dim, rule);
      DirectRows memory = direct(rowsPerBlock, capacity, dim);
      IdGroup outside =
          new IdGroup(rule, memory, twoRow ? new FloatRows(capacity, dim) : null, false);
      for (int step = 0; step < 20; step++) {
        int images = random.nextInt(capacity + 1);
        long[] ids = Batches.ids(random, images, 3 * capacity);
        FloatRows features = Batches.floats(Batches.unitRows(random, images, dim), dim);
        Patch wanted = onHeap.commit(onHeap.propose(ids, features)).row0();
        Patch got = outside.commit(outside.propose(ids, features)).row0();
        assertThat(got.slots()).as(at).isEqualTo(wanted.slots());
        assertThat(((FloatRows) got.rows()).values())
            .as(at)
            .isEqualTo(((FloatRows) wanted.rows()).values());
        assertThat(outside.stateHash()).as(at).isEqualTo(onHeap.stateHash());
      }
      assertThat(saved(outside)).as(at).isEqualTo(saved(onHeap));
      IdGroup loaded = IdGroup.load(stream(saved(onHeap)), direct(rowsPerBlock, capacity, dim));
      assertThat(loaded.stateHash()).as(at).isEqualTo(onHeap.stateHash());
    }
  }

  @Test
  void rowsAreCopiedBetweenAllKindsOfPlaces() {
    FloatRows heap = FloatRows.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    DirectRows a = direct(2, 3, 2);
    DirectRows b = direct(1, 3, 2);
    heap.copyRow(2, a, 0);
    a.copyRow(0, b, 1);
    FloatRows back = new FloatRows(2, 2);
    b.copyRow(1, back, 1);
    assertThat(back.values()).containsExactly(0, 0, 5, 6);
  }

  @Test
  void aSnapshotOfAnotherShapeIsRefused() throws IOException {
    byte[] bytes = saved(new IdGroup(5, 4, new Weighted(0.5)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IdGroup.load(stream(bytes), direct(8, 6, 4)))
        .withMessage(
            "ID group snapshot: it has 5 slots of 4 elements of 4 bytes, wanted 6 of 4 of 4 bytes;"
                + " method.capacity or model.embedding has changed");
  }

  @Test
  void blocksMustHoldTheMatrix() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DirectRows(List.of(FloatBuffer.allocate(5)), 4, 3, 2))
        .withMessageContaining("got 5 elements, wanted 6");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DirectRows(List.of(FloatBuffer.allocate(4)), 2, 3, 2))
        .withMessageContaining("got 1 blocks");
  }

  @Test
  void memoryThatHasGoneIsNotTouched() {
    DirectRows rows = direct(2, 3, 2);
    rows.release();
    assertThatIllegalStateException().isThrownBy(() -> rows.hashRow(0));
    assertThatIllegalStateException().isThrownBy(() -> new FloatRows(1, 2).copyRow(0, rows, 0));
  }
}
