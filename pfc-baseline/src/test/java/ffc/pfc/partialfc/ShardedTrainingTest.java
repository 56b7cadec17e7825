package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ffc.core.checkpoint.CheckpointInput;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.ffc.Ffc;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.loss.AdaFaceConfigBuilder;
import ffc.core.loss.CurricularFaceConfigBuilder;
import ffc.core.loss.MarginConfig;
import ffc.core.loss.SvConfigBuilder;
import ffc.core.method.MethodContext;
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
import ffc.pfc.partialfc.ThreadCluster.Fault;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
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

  private static MethodContext.Factory method(double rate, PartialFcConfig.Update update) {
    return method(PartialFcConfigBuilder.builder().sampleRate(rate).update(update).build());
  }

  private static MethodContext.Factory method(PartialFcConfig config) {
    return context -> new PartialFc(config, context);
  }

  private static final PartialFcConfig SV =
      PartialFcConfigBuilder.builder()
          .sampleRate(0.1)
          .margin(SvConfigBuilder.builder().build())
          .build();
  private static final Settings FULL = Settings.of(method(1, null));
  private static final Settings TENTH = Settings.of(method(0.1, null));

  /** Replicas instead of shards. */
  private static final Settings FFC =
      Settings.of(
          context ->
              new Ffc(
                  FfcConfigBuilder.builder().type("ffc").capacity(40).galleryMomentum(0.9).build(),
                  context));

  /** Its statistics move fast enough to be seen in the losses of a few steps. */
  private static final MarginConfig ADAFACE =
      AdaFaceConfigBuilder.builder().scale(32.0).h(0.8).tAlpha(0.6).build();

  private static final Settings ADAFACE_TENTH =
      Settings.of(method(PartialFcConfigBuilder.builder().sampleRate(0.1).margin(ADAFACE).build()));

  private static final Settings CURRICULARFACE =
      Settings.of(
          method(
              PartialFcConfigBuilder.builder()
                  .sampleRate(0.1)
                  .margin(CurricularFaceConfigBuilder.builder().tAlpha(0.6).build())
                  .build()));

  private static final Settings ADAFACE_FFC =
      Settings.of(
          context ->
              new Ffc(FfcConfigBuilder.builder().capacity(40).margin(ADAFACE).build(), context));

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
                    ThreadCluster.inTurn(
                        () ->
                            ShardedRun.of(
                                settings,
                                trainers,
                                folder.resolve(r == 0 ? name : name + "-rank" + r),
                                r == 0 ? resumeFrom : null,
                                () -> cluster.trainer(r)))));
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

  /** Two trainers without a fault, and what the second one called. */
  private record Unbroken(List<ShardedRun> runs, List<String> calls) {
    /** Numbers of the calls of a step, with its milestone; counted from 0. */
    IntStream callsOfStep(int step) {
      int from = calls.indexOf("exchange " + step);
      int to = calls.indexOf("exchange " + (step + 1));
      assertThat(from).as(calls.toString()).isBetween(0, to - 1);
      return IntStream.range(from, to);
    }
  }

  private Unbroken unbroken(Settings settings) throws Exception {
    ThreadCluster cluster = new ThreadCluster(2);
    return new Unbroken(together(settings, 2, "unbroken", null, cluster), cluster.calls(1));
  }

  /** Runs two trainers with a fault; both must end in the bits of the unbroken run. */
  private List<ShardedRun> assertFaultLeavesNothing(
      Settings settings, Unbroken unbroken, Fault fault, int rank, int call) throws Exception {
    String what = fault + " of rank " + rank + " in call " + call + ", ";
    String name = "broken-" + fault + rank + "-" + call;
    List<ShardedRun> broken =
        together(settings, 2, name, null, new ThreadCluster(2).with(fault, rank, call));
    for (int i = 0; i < 2; i++) {
      // Who takes a step over from the other does not see it.
      assertThat(unbroken.runs().get(i).losses)
          .as(what + unbroken.calls())
          .containsAllEntriesOf(broken.get(i).losses);
      assertThat(broken.get(i).losses).as(what).hasSizeGreaterThanOrEqualTo(ShardedRun.STEPS - 1);
    }
    assertThat(broken.get(0).rank1).as(what).isEqualTo(unbroken.runs().get(0).rank1);
    for (String checkpoint : new String[] {"step-00000004", "step-00000008", "best"}) {
      Path wanted = folder.resolve("unbroken").resolve(checkpoint);
      Path got = folder.resolve(name).resolve(checkpoint);
      assertThat(Files.exists(got)).as(what + got).isEqualTo(Files.exists(wanted));
      if (Files.exists(wanted)) {
        // It lists the checksums of all files.
        assertThat(got.resolve("checksums.txt"))
            .as(what + got)
            .hasSameTextualContentAs(wanted.resolve("checksums.txt"));
      }
    }
    return broken;
  }

  @Test
  void aStepOrACheckpointThatTheEpochEndsInLeavesNothingBehind() throws Exception {
    Unbroken unbroken = unbroken(TENTH);
    int[] calls = unbroken.callsOfStep(3).toArray();
    assertThat(calls).hasSizeGreaterThan(8);
    for (int call : calls) {
      List<ShardedRun> broken = assertFaultLeavesNothing(TENTH, unbroken, Fault.endBefore, 1, call);
      assertThat(broken.get(0).wentBack).isEmpty();
      assertFaultLeavesNothing(TENTH, unbroken, Fault.endAfter, 1, call);
      broken = assertFaultLeavesNothing(TENTH, unbroken, Fault.kill, 1, call);
      assertThat(broken.get(0).wentBack).hasSize(1);
    }
  }

  static Stream<Case> adafaces() {
    return Stream.of(
        new Case("shards", ADAFACE_TENTH.withSlices(2)),
        new Case("replicas", ADAFACE_FFC.withSlices(2)));
  }

  @ParameterizedTest
  @MethodSource("adafaces")
  void marginsRememberTheGlobalBatchOfStepsThatWereMade(Case c) throws Exception {
    Unbroken unbroken = unbroken(c.settings());
    ShardedRun alone = alone(c.settings().withSlices(1), "alone", null);
    assertClose(unbroken.runs().get(0).losses, alone.losses);
    Map<String, String> wanted = margin("alone");
    assertThat(wanted).containsOnlyKeys("norm_mean", "norm_std");
    margin("unbroken")
        .forEach(
            (name, value) ->
                assertThat(Double.parseDouble(value))
                    .as(name)
                    .isCloseTo(Double.parseDouble(wanted.get(name)), withinPercentage(1e-2)));
    // The margins' gather and what follows it in a step without a milestone.
    for (int call : unbroken.callsOfStep(2).filter(i -> lastGathers(unbroken, i)).toArray()) {
      for (Fault fault : new Fault[] {Fault.endBefore, Fault.endAfter}) {
        assertFaultLeavesNothing(c.settings(), unbroken, fault, 1, call);
      }
    }
  }

  /** Of a step the margins' gather comes before the last one, which agrees on the step. */
  private static boolean lastGathers(Unbroken unbroken, int call) {
    int end = unbroken.callsOfStep(2).max().orElseThrow() + 1;
    return unbroken.calls().get(call).equals("gather")
        && unbroken.calls().subList(call, end).stream().filter("gather"::equals).count() <= 2;
  }

  private Map<String, String> margin(String run) throws IOException {
    return CheckpointReader.open(checkpoint(run, ShardedRun.STEPS)).properties("margin");
  }

  static Stream<Case> shardsAndReplicas() {
    return Stream.of(new Case("shards", TENTH), new Case("replicas", FFC));
  }

  @ParameterizedTest
  @MethodSource("shardsAndReplicas")
  void aMilestoneThatTheEpochEndsInIsPassedAgain(Case c) throws Exception {
    Settings settings = c.settings().judgedOn(images());
    Unbroken unbroken = unbroken(settings);
    Map<Long, Double> rank1 = unbroken.runs().get(0).rank1;
    assertThat(rank1)
        .containsOnlyKeys(2L, 4L, 6L, 8L)
        .isEqualTo(alone(settings, "alone", null).rank1);
    assertThat(folder.resolve("unbroken/best/state.properties"))
        .content()
        .contains("best_value=" + Collections.max(rank1.values()));
    for (int rank = 0; rank < 2; rank++) {
      for (int call : unbroken.callsOfStep(rank == 0 ? 1 : 3).toArray()) {
        if (unbroken.calls().get(call).equals("meet")) {
          for (Fault fault : Fault.values()) {
            assertFaultLeavesNothing(settings, unbroken, fault, rank, call);
          }
        }
      }
    }
  }

  /** Eight identities of three noisy images. */
  private Path images() throws IOException {
    Random random = new Random(5);
    Path images = folder.resolve("images");
    for (int id = 0; id < 8; id++) {
      Path identity = Files.createDirectories(images.resolve("id" + id));
      int[] pattern = random.ints(64, 0, 256).toArray();
      for (int i = 0; i < 3; i++) {
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
        for (int pixel = 0; pixel < 32 * 32; pixel++) {
          int value = (pattern[pixel / 128 * 8 + pixel % 32 / 4] + random.nextInt(256)) / 2;
          image.getRaster().setSample(pixel % 32, pixel / 32, 0, value);
        }
        ImageIO.write(image, "png", identity.resolve(i + ".png").toFile());
      }
    }
    return images;
  }

  @ParameterizedTest
  @MethodSource("shardsAndReplicas")
  void networksAreAveragedByAllTrainersOrByNone(Case c) throws Exception {
    Settings settings = c.settings().withSyncEvery(2);
    Unbroken unbroken = unbroken(settings);
    int average =
        unbroken
            .callsOfStep(3)
            .filter(call -> unbroken.calls().get(call).startsWith("sum of"))
            .max()
            .orElseThrow();
    for (int rank = 0; rank < 2; rank++) {
      for (Fault fault : new Fault[] {Fault.endBefore, Fault.endAfter}) {
        for (int call = average - 1; call <= average; call++) {
          assertFaultLeavesNothing(settings, unbroken, fault, rank, call);
        }
      }
    }
  }

  @Test
  void figuresLeaveStepsOutThatWereNotMade() throws Exception {
    Settings settings = TENTH.withSlices(3);
    Unbroken unbroken = unbroken(settings);
    int inTheSecondSlice = unbroken.callsOfStep(3).toArray()[7];
    List<ShardedRun> broken =
        assertFaultLeavesNothing(settings, unbroken, Fault.endBefore, 1, inTheSecondSlice);
    assertThat(targetCosine(broken)).isEqualTo(targetCosine(unbroken.runs()));
  }

  private static double targetCosine(List<ShardedRun> runs) {
    return runs.get(0).reports.get(0).statistics().get("target_cosine");
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
