package ffc.pfc.virtualfc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class VirtualColumnsTest {

  @Test
  void everyIdentityOfABatchHasAColumnOfItsOwnAndTheFirstOfAColumnKeepsIt() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      VirtualColumns columns = new VirtualColumns(40);
      assertThat(columns.occupants()).containsOnly(VirtualColumns.EMPTY);
      for (int step = 0; step < 5; step++) {
        long[] ids = random.longs(1 + random.nextInt(40), 0, 100).toArray();
        VirtualColumns.Assignment assignment = columns.assign(ids);
        assertThat(assignment.column().keySet())
            .as("seed " + seed)
            .containsExactlyElementsOf(LongStream.of(ids).distinct().boxed().toList());
        assignment
            .owners()
            .forEach((home, id) -> assertThat(assignment.column()).containsEntry(id, home));
        Set<Integer> used = new HashSet<>(assignment.column().values());
        assertThat(used).as("seed " + seed).hasSameSizeAs(assignment.column().keySet());
        assertThat(assignment.column().values()).allMatch(c -> c >= 0 && c < 40);
        long[] before = columns.occupants().clone();
        columns.commit(assignment);
        for (int c = 0; c < 40; c++) {
          long expected = before[c];
          for (int i = ids.length - 1; i >= 0; i--) {
            if (ids[i] % 40 == c) {
              expected = ids[i];
            }
          }
          assertThat(columns.occupants()[c]).as("seed " + seed).isEqualTo(expected);
        }
      }
    }
  }
}
