package ffc.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReferenceHeadTest {
  static Stream<MarginConfig> margins() {
    return Stream.of(
        CosFaceConfigBuilder.builder().scale(8.0).build(),
        ArcFaceConfigBuilder.builder().scale(8.0).build(),
        CombinedConfigBuilder.builder().scale(8.0).m1(0.9).m2(0.2).m3(0.1).build(),
        SvConfigBuilder.builder().scale(8.0).build(),
        new NormFace.Config(8.0));
  }

  @ParameterizedTest
  @MethodSource("margins")
  void gradientAgreesWithCentralDifferences(MarginConfig margin) {
    ReferenceHead head = new ReferenceHead(margin, 0.7, 2, true);
    for (long seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      double[][] probe = new double[4][5];
      double[][] weights = new double[6][5];
      for (double[][] matrix : new double[][][] {probe, weights}) {
        for (double[] row : matrix) {
          double squares = 0;
          for (int e = 0; e < 5; e++) {
            row[e] = random.nextGaussian();
            squares += row[e] * row[e];
          }
          for (int e = 0; e < 5 && matrix == weights; e++) {
            row[e] /= Math.sqrt(squares);
          }
        }
      }
      int[] slots = {2, -1, 0, -1};
      double[][] gradient = head.loss(probe, slots, weights, 6).gradientBE();
      for (int b = 0; b < 4; b++) {
        for (int e = 0; e < 5; e++) {
          double at = probe[b][e];
          probe[b][e] = at + 1e-6;
          double above = head.loss(probe, slots, weights, 6).loss();
          probe[b][e] = at - 1e-6;
          double below = head.loss(probe, slots, weights, 6).loss();
          probe[b][e] = at;
          assertThat(gradient[b][e])
              .as("%s seed %d image %d element %d", margin, seed, b, e)
              .isCloseTo((above - below) / 2e-6, within(1e-6));
        }
      }
    }
  }
}
