package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.method.MethodConfig;
import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.net.ModelConfig;
import ffc.core.net.ReferenceImages;
import ffc.core.optim.OptimizerConfig;
import ffc.eval.roc.EvalResult;
import ffc.exchange.LocalExchange;
import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import ffc.loaders.data.DataConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One case of {@code bench/reference_steps.py}: trains on its images from its weights, in the real
 * loop, and compares what stands after every step with what plain PyTorch made of it. The script
 * says which arrays there are.
 */
public final class ReferenceRun implements RunObserver {
  /**
   * Largest error, as a share of the largest value of an array, and the one after step {@value
   * #EARLY}: kernels of another processor or another PyTorch round otherwise, and every step
   * carries that on (to 1.13e-5 in step 5 on a Xeon with AVX-512 and without AMX).
   */
  private static final double TOLERANCE = 1e-5;

  private static final double LATE_TOLERANCE = 2e-5;
  private static final int EARLY = 3;

  /** Least scale of an array, as a share of the largest value of its network. */
  private static final double SMALLEST_SCALE = 1e-2;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** Arrays of a method by name; called after every step. */
  @FunctionalInterface
  public interface Inspection {
    Map<String, float[]> arrays();
  }

  private final Class<?> owner;
  private final JsonNode cases;
  private final JsonNode one;
  private final Map<String, float[]> actual = new LinkedHashMap<>();
  private Inspection inspection = Map::of;

  private ReferenceRun(Class<?> owner, JsonNode cases, JsonNode one) {
    this.owner = owner;
    this.cases = cases;
    this.one = one;
  }

  /** The cases in the folder {@code reference} beside a test class. */
  public static List<ReferenceRun> all(Class<?> owner) {
    try (InputStream in = owner.getResourceAsStream("reference/cases.json")) {
      JsonNode cases = JSON.readTree(in);
      List<ReferenceRun> runs = new ArrayList<>();
      for (JsonNode one : cases.get("cases")) {
        runs.add(new ReferenceRun(owner, cases, one));
      }
      return runs;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The section {@code method} of the case. */
  public <T extends MethodConfig> T method(Class<T> type) {
    return JSON.treeToValue(one.get("method"), type);
  }

  /** The value of {@code method.type}. */
  public String methodType() {
    return one.get("method").get("type").asString();
  }

  /** Rows of the recording that a method starts from, f32 [n, E]. */
  public HostTensor initialRows(Path folder, String file) throws IOException {
    return fixture(folder, file).tensors().get("rows");
  }

  /** Says how arrays are read that no file of a checkpoint holds by name. */
  public void inspect(Inspection arrays) {
    inspection = arrays;
  }

  /**
   * Trains and compares.
   *
   * @param folder empty, for checkpoints
   */
  public void check(Path folder, MethodContext.Factory method) throws IOException {
    Path initial = copy(folder, "initial");
    ObjectNode model = (ObjectNode) one.get("model").deepCopy();
    model.put("initFrom", initial.toString());
    Trainer.Setup setup =
        new Trainer.Setup(
            cases.get("seed").asLong(),
            JSON.treeToValue(one.get("data"), DataConfig.class),
            JSON.treeToValue(model, ModelConfig.class),
            methodType(),
            method,
            JSON.treeToValue(one.get("optimizer"), OptimizerConfig.class),
            JSON.treeToValue(one.get("run"), RunConfig.class),
            List.of(),
            folder.resolve("checkpoints"),
            null,
            0,
            1);
    int[] counts = new int[cases.get("imagesOfIdentity").size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = cases.get("imagesOfIdentity").get(i).asInt();
    }
    try (ReferenceImages images = new ReferenceImages(counts);
        Trainer trainer = new Trainer(setup, images, new LocalExchange(), this, () -> false)) {
      trainer.run();
    }
    compare(fixture(folder, toString()));
  }

  private Safetensors fixture(Path folder, String name) throws IOException {
    return Safetensors.read(copy(folder, name));
  }

  private Path copy(Path folder, String name) throws IOException {
    Path file = folder.resolve(name + ".safetensors");
    if (!Files.exists(file)) {
      try (InputStream in =
          new GZIPInputStream(owner.getResourceAsStream("reference/" + name + ".safetensors.gz"))) {
        Files.copy(in, file);
      }
    }
    return file;
  }

  private void compare(Safetensors expected) {
    Map<String, Double> scales = new LinkedHashMap<>();
    expected
        .tensors()
        .forEach((name, array) -> scales.merge(part(name), largest(array.toFloats()), Math::max));
    assertThat(new TreeSet<>(actual.keySet()))
        .isEqualTo(new TreeSet<>(expected.tensors().keySet()));
    expected
        .tensors()
        .forEach(
            (name, array) -> {
              float[] wanted = array.toFloats();
              // Gradients that ought to be zero, as before a batch norm, are no more exact than
              // the others.
              double share = part(name).contains("optimizer") ? 1 : SMALLEST_SCALE;
              double scale = Math.max(largest(wanted), share * scales.get(part(name)));
              boolean late = Integer.parseInt(name.substring(0, name.indexOf('/'))) > EARLY;
              double tolerance = late ? LATE_TOLERANCE : TOLERANCE;
              compare(name, actual.get(name), wanted, tolerance * scale);
            });
  }

  private void compare(String name, float[] got, float[] wanted, double tolerance) {
    assertThat(got).as(name).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(got[i] - wanted[i]) <= tolerance)) {
        fail(
            "%s, %s[%d]: got %s, wanted %s, %s tolerances apart",
            this, name, i, got[i], wanted[i], Math.abs(got[i] - wanted[i]) / tolerance);
      }
    }
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float v : values) {
      largest = Math.max(largest, Math.abs(v));
    }
    return largest;
  }

  /** Step and kind of an array: {@code 3/probe} of {@code 3/probe/conv1.weight}. */
  private static String part(String name) {
    return name.substring(0, name.lastIndexOf('/'));
  }

  @Override
  public void report(StepReport report) {
    String at = report.step() + "/";
    actual.put(at + "rate", new float[] {(float) report.learningRate()});
    actual.put(at + "norm", new float[] {(float) report.gradientNorm()});
    report
        .terms()
        .forEach(
            (term, value) -> actual.put(at + "loss/" + term, new float[] {value.floatValue()}));
  }

  @Override
  public void checkpoint(long step, Path folder) {
    if (step == 0) {
      return;
    }
    String at = step + "/";
    try (NDManager manager = NDManager.newBaseManager()) {
      CheckpointReader in = CheckpointReader.open(folder);
      for (String part :
          List.of(
              "probe",
              "gallery",
              "optimizer",
              "optimizer-first",
              "optimizer-second",
              "columns",
              "queue",
              "rows")) {
        if (in.has(part + ".safetensors")) {
          Map<String, NDArray> arrays = in.tensors(part, manager);
          arrays.forEach((name, array) -> actual.put(at + part + "/" + name, array.toFloatArray()));
        }
      }
      if (in.has("margin.properties")) {
        in.properties("margin")
            .forEach(
                (name, value) ->
                    actual.put(at + "margin/" + name, new float[] {Float.parseFloat(value)}));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    inspection.arrays().forEach((name, array) -> actual.put(at + name, array));
  }

  @Override
  public void started(long fromStep, long toStep) {}

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {}

  @Override
  public void evaluated(long step, EvalResult result) {}

  @Override
  public void finished(RunSummary summary) {}

  @Override
  public String toString() {
    return one.get("name").asString();
  }
}
