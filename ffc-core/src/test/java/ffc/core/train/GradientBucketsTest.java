package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.exchange.GroupExchange;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GradientBucketsTest {
  private final List<Integer> lengths = new ArrayList<>();

  /** Two trainers with the same values. */
  private GroupExchange twins() {
    return (GroupExchange)
        Proxy.newProxyInstance(
            GroupExchange.class.getClassLoader(),
            new Class<?>[] {GroupExchange.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("trainers")) {
                return 2;
              }
              if (method.getName().equals("link")) {
                return Optional.empty();
              }
              float[] values = (float[]) arguments[0];
              lengths.add(values.length);
              for (int i = 0; i < values.length; i++) {
                values[i] *= 2;
              }
              return null;
            });
  }

  @Test
  void networksOfAnySizeTravelAFewMegabytesAtATime() {
    int third = GradientSynchroniser.BUCKET / 3;
    try (NDManager manager = NDManager.newBaseManager()) {
      NDList arrays = new NDList();
      for (int size :
          new int[] {third, 5, third, third, GradientSynchroniser.BUCKET + 7, 1, third}) {
        arrays.add(manager.ones(new Shape(size)).mul(arrays.size() + 1));
      }
      new GradientSynchroniser(twins(), 1).sumGradients(arrays);
      assertThat(lengths)
          .containsExactly(2 * third + 5, third, GradientSynchroniser.BUCKET + 7, third + 1);
      new GradientSynchroniser(twins(), 2).average(arrays);
      for (int i = 0; i < arrays.size(); i++) {
        float wanted = 2 * (i + 1);
        assertThat(arrays.get(i).min().getFloat()).isEqualTo(wanted);
        assertThat(arrays.get(i).max().getFloat()).isEqualTo(wanted);
      }
    }
  }
}
