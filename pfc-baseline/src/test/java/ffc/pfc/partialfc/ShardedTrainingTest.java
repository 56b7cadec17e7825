package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.core.checkpoint.CheckpointInput;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.loss.CurricularFaceConfigBuilder;
import ffc.core.loss.SvConfigBuilder;
import ffc.core.optim.OptimizerConfig;
import ffc.exchange.LocalExchange;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.ClassFile;
import ffc.pfc.classes.ClassRange;
import ffc.pfc.classes.ClassSampler;
import ffc.pfc.classes.RowRule;
import ffc.pfc.classes.RowWorkers;
import ffc.pfc.classes.SampledClasses;
import ffc.pfc.classes.TableMemory;
import ffc.pfc.partialfc.ShardedRun.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Partial FC with its classes dealt out over several trainers, against one; when trainers are lost:
 * {@link ShardedFaultsTest}.
 */
class ShardedTrainingTest extends ShardedRuns {
  private static final int E = 16;

  private static final PartialFcConfig SV =
      PartialFcConfigBuilder.builder()
          .sampleRate(0.1)
          .margin(SvConfigBuilder.builder().build())
          .build();

  private static final Settings FULL = Settings.of(method(1, null));

  private static final Settings CURRICULARFACE =
      Settings.of(
          method(
              PartialFcConfigBuilder.builder()
                  .sampleRate(0.1)
                  .margin(CurricularFaceConfigBuilder.builder().tAlpha(0.6).build())
                  .build()));

  static Stream<Case> cases() {
    PartialFcConfig.Update dense = PartialFcConfig.Update.dense;
    OptimizerConfig.Type adamw = OptimizerConfig.Type.adamw;
    return Stream.of(
        new Case("full", FULL),
        new Case("a tenth", TENTH),
        new Case("positives only, of which a shard may have none", Settings.of(method(0, null))),
        new Case("dense", Settings.of(method(0.1, dense))),
        new Case("dense, positives only", Settings.of(method(0, dense))),
        new Case("adamw", TENTH.withOptimizer(adamw)),
        new Case("dense adamw", Settings.of(method(0.1, dense)).withOptimizer(adamw)),
        new Case("three slices", TENTH.withSlices(3)),
        new Case("sv", Settings.of(method(SV))),
        new Case("adaface", ADAFACE_TENTH),
        new Case("adaface, three slices", ADAFACE_TENTH.withSlices(3)),
        new Case("curricularface", CURRICULARFACE));
  }

  /** All class centres of a checkpoint with their state, [classes][values]; null = none yet. */
  private float[][] rows(String run, long step, Settings settings) throws IOException {
    boolean sgd = settings.optimizer() == OptimizerConfig.Type.sgd;
    RowRule rule =
        sgd
            ? new RowRule.SgdRows(0.9f, true, 1e-4f)
            : new RowRule.AdamWRows(0.9, 0.999, 1e-8, 1e-4);
    try (TableMemory memory = new TableMemory.Native();
        RowWorkers workers = new RowWorkers(1);
        CheckpointInput in = CheckpointReader.open(checkpoint(run, step)).file("classes.bin", 1)) {
      in.readLong();
      ClassCenters centers =
          new ClassCenters(ClassRange.all(CLASSES), E, 1, rule, false, memory, workers);
      new ClassFile(new LocalExchange(), CLASSES).load(in, centers);
      float[][] all = new float[CLASSES][];
      for (int cls = 0; cls < CLASSES; cls++) {
        if (centers.initialised().get(cls)) {
          all[cls] = new float[E * (1 + rule.states())];
          System.arraycopy(centers.row(cls), 0, all[cls], 0, E);
          for (int i = 0; i < rule.states(); i++) {
            System.arraycopy(centers.state(i, cls), 0, all[cls], E * (1 + i), E);
          }
        }
      }
      return all;
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainersComputeWhatOneComputesWithTheGlobalBatch(Case c) throws Exception {
    Settings settings = c.settings();
    ShardedRun alone = alone(settings.withSlices(1), "alone", null); // slices change nothing
    float[][] wanted = rows("alone", ShardedRun.STEPS, settings);
    for (int trainers : new int[] {2, 3}) {
      String name = "of" + trainers;
      List<ShardedRun> together =
          together(settings, trainers, name, null, new ThreadCluster(trainers));
      for (ShardedRun run : together) {
        assertThat(run.losses).isEqualTo(together.get(0).losses).hasSize(ShardedRun.STEPS);
        assertThat(run.wentBack).isEmpty();
        assertClose(run.losses, alone.losses);
      }
      double worst = 0;
      float[][] got = rows(name, ShardedRun.STEPS, settings);
      for (int cls = 0; cls < CLASSES; cls++) {
        String what = trainers + " trainers, class " + cls;
        assertThat(got[cls] == null).as(what).isEqualTo(wanted[cls] == null);
        if (got[cls] != null) {
          worst = Math.max(worst, distance(got[cls], wanted[cls]));
        }
      }
      // A row of norm 0.04 leaves the initial values in one step: rounding grows with it.
      assertThat(worst).as("largest relative distance of a row with its state").isLessThan(2e-4);
      assertThat(folder.resolve(name + "-rank1")).doesNotExist();
    }
  }

  private static double distance(float[] a, float[] b) {
    double squares = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      squares += Math.pow((double) a[i] - b[i], 2);
      norm += Math.pow(b[i], 2);
    }
    return Math.sqrt(squares / norm);
  }

  @Test
  void aCheckpointOfTwoTrainersGoesOnWithOneAndWithThree() throws Exception {
    ShardedRun alone = alone(TENTH, "alone", null);
    together(TENTH, 2, "of2", null, new ThreadCluster(2));
    Path half = checkpoint("of2", 4);
    ShardedRun one = alone(TENTH, "one", half);
    assertThat(one.losses).containsOnlyKeys(5L, 6L, 7L, 8L);
    assertClose(one.losses, alone.losses);
    List<ShardedRun> three = together(TENTH, 3, "of3", half, new ThreadCluster(3));
    for (ShardedRun run : three) {
      assertThat(run.losses).containsOnlyKeys(5L, 6L, 7L, 8L);
      assertClose(run.losses, alone.losses);
      assertThat(run.wentBack).isEmpty();
    }
  }

  @Test
  void rowsThatWereNotSampledStayBitIdenticalOnEveryShard() throws Exception {
    together(TENTH, 2, "of2", null, new ThreadCluster(2));
    float[][] before = rows("of2", 4, TENTH);
    float[][] after = rows("of2", 8, TENTH);
    boolean[] sampled = new boolean[CLASSES];
    // The ids of a batch are sampled too: these are few, and all others follow from seed and step.
    int most = 4 * (2 * ShardedRun.IDS + ShardedRun.IDS);
    try (RowWorkers workers = new RowWorkers(1)) {
      ClassSampler sampler = new ClassSampler(CLASSES, 0.1, 11, ClassRange.all(CLASSES), workers);
      for (long step = 4; step < 8; step++) {
        SampledClasses drawn = sampler.sample(step, new long[0]);
        for (int i = 0; i < drawn.count(); i++) {
          sampled[(int) drawn.at(i)] = true;
        }
      }
    }
    int[] kept = new int[2];
    int positives = 0;
    for (int cls = 0; cls < CLASSES; cls++) {
      if (before[cls] != null && !sampled[cls]) {
        if (Arrays.equals(before[cls], after[cls])) {
          kept[cls < CLASSES / 2 ? 0 : 1]++;
        } else {
          positives++;
        }
      }
    }
    assertThat(kept[0]).isGreaterThan(100);
    assertThat(kept[1]).isGreaterThan(100);
    assertThat(positives).isBetween(1, most);
  }

  @Test
  void localStepsKeepTheClassesSharedAndAverageTheNetworks() throws Exception {
    List<ShardedRun> together =
        together(TENTH.withSyncEvery(3), 2, "local", null, new ThreadCluster(2));
    assertThat(together.get(0).losses).isEqualTo(together.get(1).losses);
    // The first step starts from equal networks, so it is that of one trainer.
    double first = alone(TENTH, "alone", null).losses.get(1L);
    assertThat(together.get(0).losses.get(1L)).isCloseTo(first, within(1e-5 * first));
    assertThat(together.get(0).losses.get(8L)).isFinite();
  }

  @Test
  void moreTrainersThanClassesAreRefused() {
    assertThatThrownBy(() -> ClassRange.of(1, 0, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cluster.trainers is 2");
  }
}
