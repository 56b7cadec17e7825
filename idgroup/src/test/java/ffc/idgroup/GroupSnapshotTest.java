package ffc.idgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GroupSnapshotTest {
  private static byte[] save(IdGroup group) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    group.save(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static IdGroup load(byte[] bytes) throws IOException {
    return IdGroup.load(new DataInputStream(new ByteArrayInputStream(bytes)));
  }

  @Test
  void aLoadedGroupGoesOnExactlyLikeTheSavedOne() throws IOException {
    for (long seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      UpdateRule rule = seed % 2 == 0 ? new TwoRow() : new Weighted(0.5);
      int capacity = 2 + random.nextInt(20);
      IdGroup group =
          seed % 3 == 0 ? filled(random, capacity, rule) : new IdGroup(capacity, 5, rule);
      int steps = random.nextInt(8);
      for (int step = 0; step < steps; step++) {
        enter(group, random);
      }
      IdGroup loaded = load(save(group));
      assertThat(loaded.stateHash()).as("seed %d", seed).isEqualTo(group.stateHash());
      assertThat(loaded.statistics()).as("seed %d", seed).isEqualTo(group.statistics());
      for (int step = 0; step < 5; step++) {
        long next = random.nextLong();
        enter(group, new Random(next));
        enter(loaded, new Random(next));
      }
      assertThat(save(loaded)).as("seed %d", seed).isEqualTo(save(group));
    }
  }

  private static IdGroup filled(Random random, int capacity, UpdateRule rule) {
    Rows row0 = Batches.floats(Batches.unitRows(random, capacity, 5), 5);
    Rows row1 = Batches.floats(Batches.unitRows(random, capacity, 5), 5);
    return new IdGroup(rule, row0, rule instanceof TwoRow ? row1 : null);
  }

  private static void enter(IdGroup group, Random random) {
    long[] ids = Batches.ids(random, random.nextInt(group.capacity() + 1), 3 * group.capacity());
    double[][] rows = Batches.unitRows(random, ids.length, 5);
    group.commit(group.propose(ids, Batches.floats(rows, 5)));
  }

  @Test
  void everyFlippedByteAndEveryTruncationIsRefused() throws IOException {
    Random random = new Random(1);
    IdGroup group = new IdGroup(6, 5, new TwoRow());
    for (int step = 0; step < 4; step++) {
      enter(group, random);
    }
    byte[] whole = save(group);
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= (byte) (1 << random.nextInt(8));
      assertThatIllegalArgumentException()
          .as("byte %d", i)
          .isThrownBy(() -> load(damaged))
          .withMessageStartingWith("ID group snapshot: ");
      byte[] cut = Arrays.copyOf(whole, i);
      assertThatIllegalArgumentException().as("cut at %d", i).isThrownBy(() -> load(cut));
    }
  }
}
