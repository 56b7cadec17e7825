package ffc.pfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ffc.core.MarginConfig;
import ffc.core.OptimizerConfig;
import ffc.idgroup.LocalExchange;
import ffc.pfc.ShardedRun.Settings;
import ffc.pfc.ThreadCluster.Fault;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Partial FC with its classes dealt out over several trainers, against one. */
class ShardedTrainingTest {
  private static final int CLASSES = 2000;
  private static final int E = 16;

  @TempDir Path folder;

  private record Case(String name, Settings settings) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static PartialFcConfig method(double rate, PartialFcConfig.Update update) {
    return new PartialFcConfig(null, rate, update, null, null, null, null);
  }

  private static final PartialFcConfig SV =
      new PartialFcConfig(
          null,
          0.1,
          null,
          new MarginConfig(MarginConfig.Type.sv, null, null, null, null, null, null),
          null,
          null,
          null);
  private static final Settings FULL = Settings.of(method(1, null));
  private static final Settings TENTH = Settings.of(method(0.1, null));

  static Stream<Case> cases() {
    PartialFcConfig.Update dense = PartialFcConfig.Update.dense;
    OptimizerConfig.Type adamw = OptimizerConfig.Type.adamw;
    return Stream.of(
        new Case("full", FULL),
        new Case("a tenth", TENTH),
        new Case("positives only, of which a shard may have none", Settings.of(method(0, null))),
        new Case("dense", Settings.of(method(0.1, dense))),
        new Case("dense, positives only", Settings.of(method(0, dense))),
        new Case("adamw", new Settings(method(0.1, null), adamw, 1, 1)),
        new Case("dense adamw", new Settings(method(0.1, dense), adamw, 1, 1)),
        new Case("three slices", new Settings(method(0.1, null), OptimizerConfig.Type.sgd, 3, 1)),
        new Case("sv", Settings.of(SV)));
  }

  private ShardedRun alone(Settings settings, String name, Path resumeFrom) throws IOException {
    return ShardedRun.of(settings, 1, folder.resolve(name), resumeFrom, LocalExchange::new);
  }

  private List<ShardedRun> together(
      Settings settings, int trainers, String name, Path resumeFrom, ThreadCluster cluster)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(trainers);
    try {
      List<Future<ShardedRun>> runs = new ArrayList<>();
      for (int rank = 0; rank < trainers; rank++) {
        int r = rank;
        runs.add(
            threads.submit(
                () ->
                    ShardedRun.of(
                        settings,
                        trainers,
                        folder.resolve(r == 0 ? name : name + "-rank" + r),
                        r == 0 ? resumeFrom : null,
                        () -> cluster.trainer(r))));
      }
      List<ShardedRun> all = new ArrayList<>();
      for (Future<ShardedRun> run : runs) {
        all.add(run.get());
      }
      return all;
    } finally {
      threads.shutdownNow();
    }
  }

  private static void assertClose(Map<Long, Double> losses, Map<Long, Double> wanted) {
    losses.forEach(
        (step, loss) ->
            assertThat(loss)
                .as("step " + step)
                .isCloseTo(wanted.get(step), within(1e-5 * Math.max(1, wanted.get(step)))));
  }

  private Path checkpoint(String run, long step) {
    return folder.resolve(run).resolve(String.format("step-%08d", step));
  }

  /** All class centres of a checkpoint with their state, [classes][values]; null = none yet. */
  private float[][] rows(String run, long step, Settings settings) throws IOException {
    boolean sgd = settings.optimizer() == OptimizerConfig.Type.sgd;
    RowRule rule =
        sgd
            ? new RowRule.SgdRows(0.9f, true, 1e-4f)
            : new RowRule.AdamWRows(0.9, 0.999, 1e-8, 1e-4);
    try (NDManager manager = NDManager.newBaseManager();
        TableMemory memory = new TableMemory.Native();
        RowWorkers workers = new RowWorkers(1);
        DataInputStream in =
            new DataInputStream(
                Files.newInputStream(checkpoint(run, step).resolve("classes.bin")))) {
      in.readLong();
      ClassCenters centers =
          new ClassCenters(ClassRange.all(CLASSES), E, 1, rule, false, memory, workers);
      new ClassFile(new LocalExchange(), CLASSES).load(in, centers, run);
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
    Settings whole =
        new Settings(settings.method(), settings.optimizer(), 1, 1); // slices change nothing
    ShardedRun alone = alone(whole, "alone", null);
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

  /** Numbers of a trainer's calls between the first one named and the next one named. */
  private static int[] callsBetween(List<String> calls, String from, String to) {
    int[] range = {calls.indexOf(from), calls.indexOf(to)};
    assertThat(range[0]).as(calls.toString()).isBetween(0, range[1] - 1);
    return range;
  }

  @Test
  void aStepOrACheckpointThatTheEpochEndsInLeavesNothingBehind() throws Exception {
    ThreadCluster unbroken = new ThreadCluster(2);
    ThreadCluster.Exchange[] second = new ThreadCluster.Exchange[1];
    List<ShardedRun> wanted;
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<ShardedRun> other =
          threads.submit(
              () ->
                  ShardedRun.of(
                      TENTH, 2, folder.resolve("x"), null, () -> second[0] = unbroken.trainer(1)));
      wanted =
          List.of(
              ShardedRun.of(TENTH, 2, folder.resolve("of2"), null, () -> unbroken.trainer(0)),
              other.get());
    } finally {
      threads.shutdownNow();
    }
    byte[] classes = Files.readAllBytes(checkpoint("of2", 8).resolve("classes.bin"));
    byte[] probe = Files.readAllBytes(checkpoint("of2", 8).resolve("probe.safetensors"));
    // The fourth step, with the checkpoint after it.
    int[] calls = callsBetween(second[0].calls, "exchange 3", "exchange 4");
    assertThat(calls[1] - calls[0]).isGreaterThan(8);
    for (int call = calls[0]; call < calls[1]; call++) {
      for (Fault fault : new Fault[] {Fault.endBefore, Fault.endAfter, Fault.kill}) {
        String what = fault + " in " + second[0].calls.get(call) + ", call " + call;
        String name = "broken-" + call + fault;
        List<ShardedRun> broken =
            together(TENTH, 2, name, null, new ThreadCluster(2).with(fault, 1, call));
        for (int rank = 0; rank < 2; rank++) {
          assertThat(broken.get(rank).losses).as(what).isEqualTo(wanted.get(rank).losses);
        }
        if (fault == Fault.endBefore) {
          assertThat(broken.get(0).wentBack).as(what).isEmpty();
        }
        if (fault == Fault.kill) {
          assertThat(broken.get(0).wentBack).as(what).hasSize(1);
        }
        assertThat(Files.readAllBytes(checkpoint(name, 8).resolve("classes.bin")))
            .as(what)
            .isEqualTo(classes);
        assertThat(Files.readAllBytes(checkpoint(name, 8).resolve("probe.safetensors")))
            .as(what)
            .isEqualTo(probe);
      }
    }
  }

  @Test
  void theFirstTrainerMayBeKilledToo() throws Exception {
    ShardedRun alone = alone(TENTH, "alone", null);
    for (int call : new int[] {5, 60, 80}) {
      List<ShardedRun> together =
          together(TENTH, 3, "killed" + call, null, new ThreadCluster(3).with(Fault.kill, 0, call));
      for (ShardedRun run : together) {
        assertThat(run.losses).hasSize(ShardedRun.STEPS);
        assertClose(run.losses, alone.losses);
      }
    }
  }

  @Test
  void localStepsKeepTheClassesSharedAndAverageTheNetworks() throws Exception {
    Settings local = new Settings(TENTH.method(), TENTH.optimizer(), 1, 3);
    List<ShardedRun> together = together(local, 2, "local", null, new ThreadCluster(2));
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
