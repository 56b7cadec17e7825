package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.core.loss.AdaFaceConfigBuilder;
import ffc.core.loss.MarginConfig;
import ffc.core.method.MethodContext;
import ffc.exchange.LocalExchange;
import ffc.pfc.partialfc.ShardedRun.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.io.TempDir;

/** Runs of one trainer and of several as threads, with what both share. */
abstract class ShardedRuns {
  static final int CLASSES = 2000;

  @TempDir Path folder;

  record Case(String name, Settings settings) {
    @Override
    public String toString() {
      return name;
    }
  }

  static MethodContext.Factory method(double rate, PartialFcConfig.Update update) {
    return method(PartialFcConfigBuilder.builder().sampleRate(rate).update(update).build());
  }

  static MethodContext.Factory method(PartialFcConfig config) {
    return context -> new PartialFc(config, context);
  }

  static final Settings TENTH = Settings.of(method(0.1, null));

  /** Its statistics move fast enough to be seen in the losses of a few steps. */
  static final MarginConfig ADAFACE =
      AdaFaceConfigBuilder.builder().scale(32.0).h(0.8).tAlpha(0.6).build();

  static final Settings ADAFACE_TENTH =
      Settings.of(method(PartialFcConfigBuilder.builder().sampleRate(0.1).margin(ADAFACE).build()));

  ShardedRun alone(Settings settings, String name, Path resumeFrom) throws IOException {
    return ShardedRun.of(settings, 1, folder.resolve(name), resumeFrom, LocalExchange::new);
  }

  List<ShardedRun> together(
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

  static void assertClose(Map<Long, Double> losses, Map<Long, Double> wanted) {
    losses.forEach(
        (step, loss) ->
            assertThat(loss)
                .as("step " + step)
                .isCloseTo(wanted.get(step), within(1e-5 * Math.max(1, wanted.get(step)))));
  }

  Path checkpoint(String run, long step) {
    return folder.resolve(run).resolve(String.format("step-%08d", step));
  }
}
