package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ClassSamplerTest {

  private final RowWorkers workers = new RowWorkers(1);

  private ClassSampler sampler(long classes, double rate, long seed) {
    return new ClassSampler(classes, rate, seed, ClassRange.all(classes), workers);
  }

  private static long[] classes(SampledClasses sampled) {
    return LongStream.range(0, sampled.count()).map(i -> sampled.at((int) i)).toArray();
  }

  @Test
  void takesAllPositivesAndFillsUpToTheRateWithDistinctAscendingClasses() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int classes = 1 + random.nextInt(3000);
      double rate = random.nextDouble();
      long[] ids = random.longs(random.nextInt(60), 0, classes).toArray();
      SampledClasses sampled = sampler(classes, rate, seed).sample(random.nextInt(1000), ids);
      long[] drawn = classes(sampled);
      long positives = Arrays.stream(ids).distinct().count();
      assertThat((long) drawn.length)
          .as("seed " + seed)
          .isEqualTo(Math.max(positives, ClassSampler.budget(classes, rate)));
      for (int i = 1; i < drawn.length; i++) {
        assertThat(drawn[i]).as("seed " + seed).isGreaterThan(drawn[i - 1]);
      }
      assertThat(drawn[0]).isNotNegative();
      assertThat(drawn[drawn.length - 1]).isLessThan(classes);
      for (long id : ids) {
        assertThat(sampled.at(sampled.column(id))).as("seed " + seed).isEqualTo(id);
      }
    }
  }

  @Test
  void everyClassIsANegativeEquallyOften() {
    int classes = 200;
    int steps = 4000;
    long[] ids = {3, 77, 78};
    ClassSampler sampler = sampler(classes, 0.1, 11);
    int[] hits = new int[classes];
    for (int step = 0; step < steps; step++) {
      for (long cls : classes(sampler.sample(step, ids))) {
        hits[(int) cls]++;
      }
    }
    double expected = steps * 17.0 / 197;
    double chiSquare = 0;
    for (int cls = 0; cls < classes; cls++) {
      if (cls == 3 || cls == 77 || cls == 78) {
        assertThat(hits[cls]).isEqualTo(steps);
      } else {
        chiSquare += Math.pow(hits[cls] - expected, 2) / expected;
      }
    }
    // 196 degrees of freedom: mean 196, deviation 20.
    assertThat(chiSquare).isBetween(110.0, 300.0);
  }

  @Test
  void pairsOfNegativesMeetAsOftenAsIndependentDrawsWould() {
    int classes = 40;
    int steps = 20_000;
    ClassSampler sampler = sampler(classes, 0.25, 5);
    int[][] together = new int[classes][classes];
    for (int step = 0; step < steps; step++) {
      long[] drawn = classes(sampler.sample(step, new long[0]));
      for (long a : drawn) {
        for (long b : drawn) {
          together[(int) a][(int) b]++;
        }
      }
    }
    double expected = steps * (10.0 * 9) / (40 * 39);
    for (int a = 0; a < classes; a++) {
      for (int b = 0; b < a; b++) {
        assertThat((double) together[a][b])
            .as(a + ", " + b)
            .isBetween(0.8 * expected, 1.2 * expected);
      }
    }
  }

  @Test
  void theDrawIsAFunctionOfSeedAndStepAndChangesWithBoth() {
    long[] ids = {5, 9};
    long[] one = classes(sampler(1000, 0.1, 7).sample(4, ids));
    assertThat(classes(sampler(1000, 0.1, 7).sample(4, ids))).isEqualTo(one);
    assertThat(classes(sampler(1000, 0.1, 7).sample(5, ids))).isNotEqualTo(one);
    assertThat(classes(sampler(1000, 0.1, 8).sample(4, ids))).isNotEqualTo(one);
  }

  @Test
  void rateOneTakesEveryClass() {
    SampledClasses all = sampler(500, 1, 1).sample(3, new long[] {7});
    assertThat(classes(all)).isEqualTo(LongStream.range(0, 500).toArray());
    assertThat(all.column(7)).isEqualTo(7);
    assertThat(all.column(500)).isNegative();
  }

  @Test
  void trainersShareTheClassesInContiguousRangesWithTheRemainderInTheFirst() {
    long end = 0;
    for (int rank = 0; rank < 3; rank++) {
      ClassRange range = ClassRange.of(1001, rank, 3);
      assertThat(range.from()).isEqualTo(end);
      end = range.to();
    }
    assertThat(end).isEqualTo(1001);
    assertThat(ClassRange.of(1001, 0, 3)).isEqualTo(new ClassRange(0, 335));
    assertThatThrownBy(() -> ClassRange.of(2, 0, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 classes cannot be dealt out");
  }

  @Test
  void theDrawsOfAllTrainersTogetherAreThatOfOne() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      int classes = 10 + random.nextInt(3000);
      double rate = random.nextDouble();
      int trainers = 1 + random.nextInt(5);
      long[] ids = random.longs(random.nextInt(300), 0, classes).toArray();
      long[] alone = classes(sampler(classes, rate, seed).sample(7, ids));
      LongStream together = LongStream.empty();
      for (int rank = 0; rank < trainers; rank++) {
        ClassRange range = ClassRange.of(classes, rank, trainers);
        try (RowWorkers two = new RowWorkers(2)) {
          SampledClasses drawn = new ClassSampler(classes, rate, seed, range, two).sample(7, ids);
          together = LongStream.concat(together, LongStream.of(classes(drawn)));
        }
      }
      assertThat(together.toArray()).as("seed " + seed).isEqualTo(alone);
    }
  }

  @Test
  void theDrawOfOneTrainerIsThatOfEarlierVersions() {
    long[] drawn = classes(sampler(100, 0.1, 7).sample(4, new long[] {5, 9}));
    assertThat(drawn).containsExactly(5, 9, 14, 24, 36, 38, 44, 52, 62, 90);
  }

  @Test
  void columnFromFindsTheFirstClassThatIsNotBelow() {
    SampledClasses sampled = SampledClasses.of(new long[] {2, 5, 9});
    assertThat(sampled.columnFrom(0)).isZero();
    assertThat(sampled.columnFrom(5)).isEqualTo(1);
    assertThat(sampled.columnFrom(6)).isEqualTo(2);
    assertThat(sampled.columnFrom(10)).isEqualTo(3);
    assertThat(SampledClasses.all(4, 8).columnFrom(6)).isEqualTo(2);
  }
}
