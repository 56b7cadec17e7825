package ffc.core.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.core.checkpoint.CheckpointInput;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.ffc.Ffc;
import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.RunConfigBuilder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.exchange.EpochEndedException;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.exchange.Replica;
import ffc.exchange.ThreadExchange;
import ffc.idgroup.IdGroup;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several trainers against one: what they compute together. */
class LockstepTest {
  private static final int STEPS = 12;
  private static final int IDS = 12;

  @TempDir Path folder;

  /** A run of a global batch of IDS + IDS images, batch norm frozen, without dropout; averaged. */
  private Trainer.Setup setup(int trainers, String name, int syncEvery, Path resumeFrom) {
    Trainer.Setup s = TinyRun.setup(TinyRun.FFC, STEPS, folder.resolve(name), resumeFrom);
    DataConfig data =
        DataConfigBuilder.builder()
            .train(s.data().train())
            .idsPerBatch(IDS / trainers)
            .instancesPerBatch(IDS / trainers)
            .instancePartner(false)
            .augment(s.data().augment())
            .build();
    ModelConfig model =
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.iresnet)
            .input(s.model().input())
            .layers(s.model().layers())
            .widths(s.model().widths())
            .embedding(s.model().embedding())
            .dropout(0.0)
            .freezeBatchNorm(true)
            .build();
    return new Trainer.Setup(
        s.seed(),
        data,
        model,
        s.methodName(),
        s.method(),
        s.optimizer(),
        RunConfigBuilder.builder(s.run()).ema(0.9).build(),
        List.of(),
        s.checkpoints(),
        resumeFrom,
        0,
        syncEvery);
  }

  private static Trainer.Setup trained(Trainer.Setup s) {
    return new Trainer.Setup(
        s.seed(),
        s.data(),
        s.model(),
        s.methodName(),
        TinyRun.TRAINED::create,
        s.optimizer(),
        s.run(),
        List.of(),
        s.checkpoints(),
        s.resumeFrom(),
        0,
        s.syncEvery());
  }

  /** The defaults: batch norm learns, and the gallery's statistics move in every step. */
  private Trainer.Setup defaults(String name) {
    Trainer.Setup s = setup(1, name, 1, null);
    ModelConfig model =
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.iresnet)
            .input(s.model().input())
            .layers(s.model().layers())
            .widths(s.model().widths())
            .embedding(s.model().embedding())
            .build();
    FfcConfig method = FfcConfigBuilder.builder().type("ffc").capacity(72).build();
    return new Trainer.Setup(
        s.seed(),
        s.data(),
        model,
        s.methodName(),
        context -> new Ffc(method, context),
        s.optimizer(),
        s.run(),
        List.of(),
        s.checkpoints(),
        null,
        0,
        1);
  }

  private List<Double> alone() throws IOException {
    return losses(TinyRun.run(setup(1, "alone", 1, null)));
  }

  private static List<Double> losses(TinyRun run) {
    return run.losses.stream().map(line -> Double.valueOf(line.split(" ")[1])).toList();
  }

  private static List<List<Double>> together(int trainers, IntFunction<Trainer.Setup> setup)
      throws Exception {
    return together(trainers, setup, Long.MAX_VALUE);
  }

  /**
   * @param failAt step in whose first gathering after the gradients the epoch ends, once
   */
  private static List<List<Double>> together(
      int trainers, IntFunction<Trainer.Setup> setup, long failAt) throws Exception {
    return ThreadExchange.together(
        trainers,
        true,
        exchange ->
            losses(
                TinyRun.run(setup.apply(exchange.rank()), watched(exchange, failAt), () -> false)));
  }

  /** An exchange that sees to it that the networks are equal before every step. */
  private static GroupExchange watched(GroupExchange exchange, long failAt) {
    Replica[] replica = new Replica[1];
    boolean[] failed = {false};
    InvocationHandler watch =
        (proxy, method, arguments) -> {
          if (method.getName().equals("begin")) {
            replica[0] = (Replica) arguments[0];
          } else if (method.getName().equals("beginStep")) {
            assertThat(arguments[0]).isEqualTo(replica[0].step());
            byte[] hashes = replica[0].arrayHashes().toString().getBytes(UTF_8);
            assertThat(exchange.allGather(hashes)).allMatch(h -> Arrays.equals(h, hashes));
          }
          try {
            Object result = method.invoke(exchange, arguments);
            boolean fails = method.getName().equals("allGather") && replica[0].step() == failAt;
            if (fails && !failed[0]) {
              failed[0] = true;
              throw new EpochEndedException("as the test wants it");
            }
            return result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return (GroupExchange)
        Proxy.newProxyInstance(
            GroupExchange.class.getClassLoader(), new Class<?>[] {GroupExchange.class}, watch);
  }

  private static void assertClose(List<Double> losses, List<Double> wanted) {
    assertThat(losses).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(losses.get(i))
          .as("step " + (i + 1))
          .isCloseTo(wanted.get(i), within(1e-5 * Math.max(1, wanted.get(i))));
    }
  }

  /** Identity and slot of every occupied slot, the most recently used first. */
  private List<String> slots(String run, long step) throws IOException {
    Path checkpoint = folder.resolve(run).resolve(String.format("step-%08d", step));
    try (CheckpointInput in = CheckpointReader.open(checkpoint).file("group.bin", 1)) {
      in.readLong();
      IdGroup group = IdGroup.load(in);
      return Arrays.stream(group.slotsMostRecentFirst())
          .mapToObj(slot -> group.idAt(slot) + "@" + slot)
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void computeWhatOneComputesWithTheGlobalBatch(int trainers) throws Exception {
    List<Double> alone = alone();
    List<List<Double>> together =
        together(trainers, rank -> setup(trainers, "rank" + rank, 1, null));
    for (List<Double> losses : together) {
      assertThat(losses).isEqualTo(together.get(0));
      assertClose(losses, alone);
    }
    for (long step : new long[] {5, 10, 12}) {
      assertThat(slots("rank0", step)).as("slots at step " + step).isEqualTo(slots("alone", step));
    }
    assertThat(folder.resolve("rank1")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void theirRowsLearnWhatThoseOfOneLearn(int trainers) throws Exception {
    List<Double> alone = losses(TinyRun.run(trained(setup(1, "alone", 1, null))));
    List<List<Double>> together =
        together(trainers, rank -> trained(setup(trainers, "rank" + rank, 1, null)), 7);
    for (List<Double> losses : together) {
      assertThat(losses).isEqualTo(together.get(0));
      assertClose(losses, alone);
    }
    assertThat(slots("rank0", 12)).isEqualTo(slots("alone", 12));
    Path half = folder.resolve("alone").resolve("step-00000005");
    assertClose(
        together(
                trainers,
                rank -> trained(setup(trainers, "half" + rank, 1, rank == 0 ? half : null)))
            .get(0),
        alone.subList(5, STEPS));
  }

  @Test
  void aStepThatTheEpochEndsInIsDoneAgain() throws Exception {
    List<Double> alone = alone();
    List<List<Double>> together = together(2, rank -> setup(2, "rank" + rank, 1, null), 7);
    assertClose(together.get(0), alone);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void underTheDefaultsNetworksAreEqualBetweenStepsAndAStepDoneAgainLeavesTheSameBits(int trainers)
      throws Exception {
    List<List<Double>> unbroken = together(trainers, rank -> defaults("unbroken" + rank));
    List<List<Double>> broken = together(trainers, rank -> defaults("broken" + rank), 7);
    assertThat(broken).isEqualTo(unbroken);
    for (String file :
        List.of("probe.safetensors", "ema.safetensors", "gallery.safetensors", "group.bin")) {
      assertThat(folder.resolve("broken0/step-00000012").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("unbroken0/step-00000012").resolve(file));
    }
  }

  /** Nobody comes to the last call of the run: whoever is first has done all there was to do. */
  @Test
  void theFirstTrainerIsThroughThoughNobodyIsLeftToHearIt() throws Exception {
    List<TinyRun> runs =
        ThreadExchange.together(
            2,
            true,
            exchange ->
                TinyRun.run(defaults("rank" + exchange.rank()), lonely(exchange), () -> false));
    for (TinyRun run : runs) {
      assertThat(run.summary().finished()).isTrue();
    }
    assertThat(folder.resolve("rank0/step-00000012/checksums.txt")).exists();
    assertThat(folder.resolve("rank1")).doesNotExist();
  }

  /** Its calls after the last step end the epoch, and there is no next one. */
  private static GroupExchange lonely(GroupExchange exchange) {
    long[] step = {0};
    InvocationHandler lonely =
        (proxy, method, arguments) -> {
          if (method.getName().equals("beginStep")) {
            step[0] = (long) arguments[0];
          } else if (method.getName().equals("meet") && step[0] == STEPS - 1) {
            throw new EpochEndedException("as the test wants it");
          } else if (method.getName().equals("rejoin")) {
            assertThat(exchange.rank()).as("who waits for others").isNotZero();
            return false;
          }
          try {
            return method.invoke(exchange, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return (GroupExchange)
        Proxy.newProxyInstance(
            GroupExchange.class.getClassLoader(), new Class<?>[] {GroupExchange.class}, lonely);
  }

  @Test
  void aCheckpointGoesOnWithAnotherNumberOfTrainers() throws Exception {
    List<Double> alone = alone();
    Path half = folder.resolve("alone").resolve("step-00000005");
    List<List<Double>> together =
        together(3, rank -> setup(3, "rank" + rank, 1, rank == 0 ? half : null));
    assertClose(together.get(0), alone.subList(5, STEPS));
    TinyRun after = TinyRun.run(setup(1, "alone-again", 1, folder.resolve("rank0/step-00000010")));
    assertClose(losses(after), alone.subList(10, STEPS));
  }

  @Test
  void localStepsKeepTheGroupEqualAndAverageTheNetworks() throws Exception {
    List<List<Double>> together = together(2, rank -> setup(2, "rank" + rank, 3, null));
    assertThat(together.get(0)).isEqualTo(together.get(1));
    // The first step starts from equal networks, so it is that of one trainer.
    assertThat(together.get(0).get(0)).isCloseTo(alone().get(0), within(1e-5));
    assertThat(together.get(0).get(STEPS - 1)).isFinite();
  }

  /** Its average is averaged with it. */
  @Test
  void localStepsAverageAPartFromWhenItIsSetFree() throws Exception {
    together(
        2,
        rank -> {
          Trainer.Setup s = setup(2, "rank" + rank, 3, null);
          return TinyRun.with(
              s,
              ModelConfigBuilder.builder(s.model())
                  .freeze(List.of("layer1"))
                  .freezeUntil(4L)
                  .build());
        });
    assertThat(folder.resolve("rank0/step-00000012/ema.safetensors")).exists();
  }

  @Test
  void aStopThatOneIsAskedForStopsAllAtTheSameStep() throws Exception {
    int[] asked = {0};
    List<TinyRun> runs =
        ThreadExchange.together(
            2,
            true,
            exchange ->
                TinyRun.run(
                    setup(2, "rank" + exchange.rank(), 1, null),
                    exchange,
                    () -> exchange.rank() == 1 && ++asked[0] >= 4));
    for (TinyRun run : runs) {
      assertThat(run.summary().steps()).isEqualTo(4);
    }
  }

  @Test
  void oneTrainerAloneNeedsNoExchange() throws IOException {
    try (Dataset data = DataSets.open(setup(1, "x", 1, null).data().train());
        Trainer trainer =
            new Trainer(
                setup(1, "x", 1, null), data, new LocalExchange(), TinyRun.silent(), () -> false)) {
      assertThat(trainer.run().images()).isEqualTo(STEPS * 3L * IDS);
    }
  }
}
