package ffc.idgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SlotTableTest {
  @Test
  void evictsTheLeastRecentlyUsedIdentityWhenFull() {
    SlotTable table = new SlotTable(3);
    table.use(10);
    table.use(11);
    table.use(12);
    table.use(10);
    assertThat(table.use(13)).isEqualTo(1);
    assertThat(table.slotOf(11)).isEqualTo(-1);
    assertThat(table.mostRecentFirst()).containsExactly(1, 0, 2);
    assertThat(table.leastRecent()).isEqualTo(2);
  }

  @Test
  void agreesWithAnAccessOrderedLinkedHashMap() {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      int capacity = 1 + random.nextInt(300);
      SlotTable table = new SlotTable(capacity);
      Map<Long, Integer> oracle = new LinkedHashMap<>(16, 0.75f, true);
      for (int i = 0; i < 5000; i++) {
        long id = Batches.spread(random.nextInt(2 * capacity));
        Integer slot = oracle.get(id);
        if (slot == null) {
          slot = oracle.size();
          if (slot == capacity) {
            slot = oracle.remove(oracle.keySet().iterator().next());
          }
          oracle.put(id, slot);
        }
        assertThat(table.use(id)).as("seed %d use %d", seed, i).isEqualTo(slot);
      }
      int[] order = oracle.values().stream().mapToInt(s -> s).toArray();
      int[] recentFirst = table.mostRecentFirst();
      for (int i = 0; i < order.length; i++) {
        assertThat(recentFirst[i]).isEqualTo(order[order.length - 1 - i]);
      }
    }
  }

  @Test
  void refusesACapacityOutOfRange() {
    assertThatIllegalArgumentException().isThrownBy(() -> new SlotTable(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SlotTable(SlotTable.MAX_CAPACITY + 1));
  }

  @Test
  void theTableOfABatchAgreesWithAHashMap() {
    for (long seed = 0; seed < 30; seed++) {
      Random random = new Random(seed);
      int max = 1 + random.nextInt(64);
      LongIntTable table = new LongIntTable(max);
      Map<Long, Integer> oracle = new HashMap<>();
      for (int i = 0; i < 3000; i++) {
        long key = random.nextInt(3 * max) * (1L << random.nextInt(3) * 31);
        if (oracle.size() < max || oracle.containsKey(key)) {
          table.put(key, i);
          oracle.put(key, i);
        }
        long asked = random.nextInt(3 * max);
        assertThat(table.get(asked)).as("seed %d", seed).isEqualTo(oracle.getOrDefault(asked, -1));
        assertThat(table.get(key)).as("seed %d", seed).isEqualTo(oracle.getOrDefault(key, -1));
      }
    }
  }
}
