package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.checkpoint.CheckpointStream;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.exchange.Replica;
import ffc.formats.Safetensors;
import ffc.loaders.DataSets;
import ffc.loaders.data.Dataset;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A step whose numbers are not finite leaves weights, momenta and group as they were. */
class DroppedStepsTest {
  private static final List<String> FILES =
      List.of(
          "probe.safetensors",
          "ema.safetensors",
          "gallery.safetensors",
          "optimizer.safetensors",
          "group.bin");

  @TempDir Path folder;

  /** The first step throws the weights out of all bounds, so that the second has no finite loss. */
  private Trainer.Setup wild(RunConfig.OnNonFinite policy) {
    Trainer.Setup setup =
        TinyRun.with(
            TinyRun.setup(TinyRun.FFC, 6, folder, null),
            run ->
                RunConfigBuilder.builder()
                    .steps(run.steps())
                    .reportEvery(1)
                    .checkpointEvery(1)
                    .keepCheckpoints(9)
                    .device(run.device())
                    .threads(1)
                    .onNonFinite(policy)
                    .ema(0.9)
                    .build());
    return new Trainer.Setup(
        setup.seed(),
        setup.data(),
        setup.model(),
        "ffc",
        setup.method(),
        OptimizerConfigBuilder.builder()
            .learningRate(1e38)
            .momentum(0.9)
            .nesterov(true)
            .weightDecay(1e-4)
            .build(),
        setup.run(),
        List.of(),
        folder,
        null,
        0,
        1);
  }

  @Test
  void skippedStepsAreCountedAndChangeNothing() throws IOException {
    RunSummary summary = TinyRun.run(wild(RunConfig.OnNonFinite.skip)).summary();

    assertThat(summary.steps()).isEqualTo(6);
    assertThat(summary.skippedSteps()).isBetween(1L, 5L);
    int unchanged = 0;
    for (int step = 2; step <= 6; step++) {
      long same = 0;
      for (String file : FILES) {
        same += Files.mismatch(at(step - 1).resolve(file), at(step).resolve(file)) < 0 ? 1 : 0;
      }
      assertThat(same)
          .as("files of step %d that are those of the step before", step)
          .isIn(0L, (long) FILES.size());
      unchanged += same == FILES.size() ? 1 : 0;
    }
    assertThat(unchanged).isEqualTo((int) summary.skippedSteps());
  }

  private Path at(int step) {
    return folder.resolve("step-%08d".formatted(step));
  }

  @Test
  void aStepThatStopsTheRunHasMovedNoWeightNoMomentumAndNoSlot() throws IOException {
    Replica[] replica = new Replica[1];
    Map<String, String> before = new TreeMap<>();
    GroupExchange local = new LocalExchange();
    GroupExchange watched =
        (GroupExchange)
            Proxy.newProxyInstance(
                GroupExchange.class.getClassLoader(),
                new Class<?>[] {GroupExchange.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("begin")) {
                    replica[0] = (Replica) arguments[0];
                  } else if (method.getName().equals("beginStep")) {
                    before.putAll(state(replica[0], (long) arguments[0]));
                  }
                  try {
                    return method.invoke(local, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    Trainer.Setup setup = wild(RunConfig.OnNonFinite.stop);
    try (Dataset data = DataSets.open(setup.data().train());
        Trainer trainer = new Trainer(setup, data, watched, TinyRun.silent(), () -> false)) {
      assertThatThrownBy(trainer::run)
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("is not finite, at Cursor")
          .hasMessageContaining("step-0000000" + trainer.step());

      assertThat(trainer.step()).isBetween(1L, 5L);
      assertThat(state(replica[0], trainer.step())).isEqualTo(before);
    }
  }

  /**
   * Every array and the group, as text. Running statistics are left out: the run ends, nobody sees
   * them again.
   */
  private Map<String, String> state(Replica replica, long step) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    replica.save(new DataOutputStream(bytes));
    Path copy = Files.createTempDirectory(folder, "state-" + step + "-");
    CheckpointStream.receive(
        new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), copy);
    Map<String, String> state = new TreeMap<>();
    for (String file : FILES) {
      if (file.endsWith(".safetensors")) {
        Safetensors.read(copy.resolve(file))
            .tensors()
            .forEach(
                (name, array) -> {
                  if (!name.contains("running_")) {
                    state.put(file + "/" + name, Arrays.toString(array.toFloats()));
                  }
                });
      } else {
        state.put(file, Arrays.toString(Files.readAllBytes(copy.resolve(file))));
      }
    }
    return state;
  }
}
