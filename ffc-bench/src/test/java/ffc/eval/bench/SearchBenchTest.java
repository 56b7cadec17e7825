package ffc.eval.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SearchBenchTest {
  @Test
  void aSmallGalleryIsMeasured() throws Exception {
    SearchBench.Times times = SearchBench.measure(3000, 32, 2, 10);
    assertThat(times.one()).hasSize(9).isSorted();
    assertThat(times.many()).isPositive();
  }
}
