package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.RunConfigBuilder;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.Precision;
import ffc.engine.HostReads;
import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The average of {@code run.ema} against sums in double precision, and over a resume. */
class MovingAverageTest {
  private static final int STEPS = 8;

  @TempDir Path folder;

  private Trainer.Setup setup(FfcConfig method, int steps, String name, Path from, Double decay) {
    return TinyRun.with(
        TinyRun.setup(method, steps, folder.resolve(name), from),
        run ->
            RunConfigBuilder.builder(run).checkpointEvery(1).keepCheckpoints(9).ema(decay).build());
  }

  private Path at(String run, int step) {
    return folder.resolve(run).resolve("step-%08d".formatted(step));
  }

  private static Map<String, double[]> network(Path checkpoint, String net) throws IOException {
    Map<String, double[]> arrays = new LinkedHashMap<>();
    Map<String, HostTensor> stored =
        Safetensors.read(checkpoint.resolve(net + ".safetensors")).tensors();
    stored.forEach((name, array) -> arrays.put(name, doubles(array.toFloats())));
    return arrays;
  }

  private static Map<String, double[]> start(ModelConfig model) {
    Map<String, double[]> arrays = new LinkedHashMap<>();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder encoder = Encoder.create(model, manager, 11, Precision.fp32)) {
      for (Map.Entry<String, NDArray> array : encoder.parameters().all().entrySet()) {
        arrays.put(array.getKey(), doubles(HostReads.floats(array.getValue())));
      }
    }
    return arrays;
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  /** average <- m average + (1 - m) probe. */
  private static void follow(Map<String, double[]> average, Map<String, double[]> probe, double m) {
    average.forEach(
        (name, values) -> {
          double[] leader = probe.get(name);
          for (int i = 0; i < values.length; i++) {
            values[i] = m * values[i] + (1 - m) * leader[i];
          }
        });
  }

  private static void assertClose(Map<String, double[]> stored, Map<String, double[]> wanted) {
    assertThat(stored).containsOnlyKeys(wanted.keySet());
    wanted.forEach(
        (name, values) ->
            assertThat(stored.get(name)).as(name).containsExactly(values, within(1e-6)));
  }

  @Test
  void isTheSumOfAllStepsWeightsAndStatisticsAlike() throws IOException {
    for (FfcConfig method :
        List.of(
            TinyRun.FFC,
            TinyRun.TRAINED,
            FfcConfigBuilder.builder(TinyRun.TRAINED)
                .rowEntry(FfcConfig.RowEntry.gallery)
                .build())) {
      String name = method.rows() + "" + method.rowEntry();
      Trainer.Setup setup = setup(method, STEPS, name, null, 0.4);
      TinyRun.run(setup);
      Map<String, double[]> average = start(setup.model());
      for (int t = 1; t <= STEPS; t++) {
        // (1 + t) / (10 + t) passes 0.4 between the fifth step and the sixth.
        follow(average, network(at(name, t), "probe"), Math.min(0.4, (1.0 + t) / (10.0 + t)));
        Map<String, double[]> stored = network(at(name, t), "ema");
        assertThat(stored).containsKeys("bn1.running_mean", "bn1.weight", "conv1.weight");
        assertClose(stored, average);
      }
    }
  }

  @Test
  void switchedOnByAResumeItBeginsWithTheProbeOfTheCheckpoint() throws IOException {
    List<String> plain = TinyRun.run(setup(TinyRun.FFC, STEPS, "plain", null, null)).losses;
    TinyRun resumed = TinyRun.run(setup(TinyRun.FFC, STEPS, "on", at("plain", 6), 0.9));

    assertThat(resumed.losses).isEqualTo(plain.subList(6, STEPS));
    Map<String, double[]> average = network(at("plain", 6), "probe");
    follow(average, network(at("on", 7), "probe"), 8.0 / 17);
    assertClose(network(at("on", 7), "ema"), average);
  }

  @Test
  void switchedOffByAResumeItIsKeptNoMore() throws IOException {
    List<String> averaged = TinyRun.run(setup(TinyRun.FFC, STEPS, "on", null, 0.9)).losses;
    TinyRun resumed = TinyRun.run(setup(TinyRun.FFC, STEPS, "off", at("on", 6), null));

    assertThat(resumed.losses).isEqualTo(averaged.subList(6, STEPS));
    assertThat(at("off", STEPS).resolve("ema.safetensors")).doesNotExist();
  }
}
