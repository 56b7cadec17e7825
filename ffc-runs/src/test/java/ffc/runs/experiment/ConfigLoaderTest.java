package ffc.runs.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ffc.core.ffc.FfcConfig;
import ffc.core.loss.ArcFaceConfigBuilder;
import ffc.core.loss.MarginConfig;
import ffc.core.optim.OptimizerConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** From a file to an experiment; what its settings may be: {@link ConfigRulesTest}. */
class ConfigLoaderTest {
  static final String SOUND =
      """
      name: small
      data:
        train: {format: recordio, path: train.rec}
        idsPerBatch: 8
        instancesPerBatch: 8
      model: {backbone: iresnet, input: [1, 32, 32], layers: [1, 1], widths: [8, 16]}
      method: {type: ffc, capacity: 20, margin: {type: arcface}}
      optimizer: {learningRate: 1e-1, schedule: {type: cosine}}
      run: {steps: 100}
      evaluate:
        - {name: open, format: recordio, path: open.rec, at: [50, end]}
      """;

  private final ConfigLoader loader = new ConfigLoader();

  @TempDir Path folder;

  @Test
  void bindsTheFileAndFillsInDefaults() {
    Experiment experiment = load(SOUND);

    assertThat(experiment.seed()).isZero();
    assertThat(experiment.optimizer().learningRate()).isEqualTo(0.1);
    assertThat(experiment.optimizer().schedule().type()).isEqualTo(OptimizerConfig.Course.cosine);
    assertThat(experiment.evaluate().get(0).at()).containsExactly("50", "end");
    assertThat(experiment.method())
        .isInstanceOfSatisfying(
            FfcConfig.class,
            ffc -> {
              assertThat(ffc.capacity()).isEqualTo(20);
              assertThat(ffc.margin())
                  .isEqualTo(ArcFaceConfigBuilder.builder().margin(0.5).build());
            });
  }

  @Test
  void reportsEveryMistakeAtOnceWithLineAndColumn() {
    String yaml =
        SOUND
            .replace("idsPerBatch: 8", "idPerBatch: 8")
            .replace("instancesPerBatch: 8", "instancesPerBatch: eight")
            .replace("capacity: 20", "capacity: -20")
            .replace("cosine", "cosin");

    assertThat(problems(yaml))
        .containsExactlyInAnyOrder(
            "f.yaml:4:3: data.idPerBatch: unknown key; did you mean idsPerBatch?",
            "f.yaml:5:22: data.instancesPerBatch: got the text \"eight\", wanted a whole number",
            "f.yaml:7:31: method.capacity: got -20, wanted more than 0",
            "f.yaml:8:50: optimizer.schedule.type: got the text \"cosin\", wanted one of constant,"
                + " linear, cosine, multistep, polynomial; did you mean cosine?");
  }

  @Test
  void reportsRulesBesideWrongValues() {
    String yaml =
        SOUND.replace("capacity: 20", "capacity: 15").replace("steps: 100", "steps: many");

    assertThat(problems(yaml))
        .containsExactlyInAnyOrder(
            "f.yaml:9:14: run.steps: got the text \"many\", wanted a whole number",
            "f.yaml:7:31: method.capacity: got 15, wanted at least 16: the identities of one batch"
                + " (data.idsPerBatch 8 + data.instancesPerBatch 8) must fit into the group; raise"
                + " it, or lower the counts");
  }

  @Test
  void appliesOverridesInOrderAndAnEmptyValueRestoresTheDefault() {
    Experiment experiment =
        load(
            SOUND,
            "method.margin.type=sv",
            "seed=5",
            "evaluate.0.path=other.rec",
            "evaluate.1={name: pairs, format: bin, path: p.bin}",
            "method.margin.type=",
            "optimizer.clipNorm=3");

    assertThat(((FfcConfig) experiment.method()).margin()).isEqualTo(MarginConfig.standard());
    assertThat(experiment.seed()).isEqualTo(5);
    assertThat(experiment.evaluate().get(0).path()).isEqualTo("other.rec");
    assertThat(experiment.evaluate().get(1).flip()).isTrue();
    assertThat(experiment.optimizer().clipNorm()).isEqualTo(3.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | f.yaml:1:1: the file is empty",
        "# nothing | f.yaml:1:1: the file is empty",
        "just text | f.yaml:1:1: got the text \"just text\", wanted key: value lines",
        "'- a' | f.yaml:1:1: got a list of 1, wanted key: value lines",
        "'a: [1' | f.yaml:1:6: not valid YAML: while parsing a flow sequence: expected ',' or ']'",
        "'a: \"\\x\"' | not valid YAML",
        "'a: &x 1, b: *x' | not valid YAML",
        "'{a: 1, a: 2}' | f.yaml:1:8: a: the key stands twice, first at f.yaml:1:2",
        "'{a: &x 1, b: *x}' | b: got an alias (*name), wanted the value itself",
        "'name: !!str 5' | name: got a tag (!name), wanted the value itself",
        "'? [a]' | not valid YAML",
      })
  void refusesWhatIsNoPlainYaml(String yaml, String expected) {
    assertThat(problems(yaml)).anySatisfy(line -> assertThat(line).contains(expected));
  }

  @Test
  void namesMissingFilesWhenTheMachineIsAsked() throws Exception {
    Path file = folder.resolve("e.yaml");
    Files.writeString(file, SOUND);

    ConfigException failure =
        catchThrowableOfType(
            ConfigException.class,
            () -> loader.load(file, List.of("data.train.path=" + file + ",none"), true));

    assertThat(failure.problems())
        .extracting(Problem::message)
        .containsExactlyInAnyOrder(
            "no such file or folder: none (paths are relative to the working directory)",
            "no such file or folder: open.rec (paths are relative to the working directory)");
    assertThat(
            catchThrowableOfType(
                ConfigException.class,
                () -> loader.load(folder.resolve("absent.yaml"), List.of(), true)))
        .hasMessage(folder.resolve("absent.yaml") + ": no such file");
    assertThat(
            catchThrowableOfType(ConfigException.class, () -> loader.load(folder, List.of(), true)))
        .hasMessageContaining("cannot be read");
  }

  static Stream<Path> shippedConfigs() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("../configs"))) {
      return files
          .filter(f -> f.toString().endsWith(".yaml"))
          .filter(f -> !f.getFileName().toString().startsWith("compare-"))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("shippedConfigs")
  void everyShippedConfigIsSoundAndItsResolvedFormLoadsBackIdentically(Path file) {
    Experiment experiment = loader.load(file, List.of(), false);

    assertThat(load(ConfigWriter.yaml(experiment))).isEqualTo(experiment);
  }

  static Experiment load(String yaml, String... set) {
    return new ConfigLoader()
        .parse("f.yaml", yaml.getBytes(StandardCharsets.UTF_8), List.of(set), false);
  }

  static List<String> problems(String yaml, String... set) {
    try {
      load(yaml, set);
      return List.of();
    } catch (ConfigException e) {
      return e.getMessage().lines().toList();
    }
  }

  @ParameterizedTest
  @CsvSource({"1e5, 100000", "400.0, 400", "1e-400, 0", "-0.0, 0"})
  void aWholeNumberMayBeWrittenWithPointOrExponent(String text, int number) {
    Experiment experiment =
        load(SOUND.replace("steps: 100", "steps: 100, checkpointEvery: " + text));
    assertThat(experiment.run().checkpointEvery()).isEqualTo(number);
    assertThat(experiment.optimizer().learningRate()).isEqualTo(0.1);
  }

  @Test
  void anAbbreviationIsUnderstood() {
    assertThat(Nearest.to("pfc", Methods.types())).hasValue("partial-fc");
    assertThat(Nearest.to("partialfc", Methods.types())).hasValue("partial-fc");
    assertThat(Nearest.to("partial_fc", Methods.types())).hasValue("partial-fc");
    assertThat(Nearest.to("vfc", Methods.types())).hasValue("virtual-fc");
    assertThat(Nearest.to("fcc", Methods.types())).hasValue("ffc");
    assertThat(Nearest.to("lr", List.of("type", "learningRate"))).hasValue("learningRate");
    assertThat(Nearest.to("wd", List.of("weightDecay", "type"))).hasValue("weightDecay");
  }
}
