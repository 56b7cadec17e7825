package ffc.runs.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DifferencesTest {
  private final ConfigLoader loader = new ConfigLoader();

  @Test
  void whatDecidesTheLossesKeepsARunFromGoingOn() {
    assertThat(differences("method.capacity=30", "seed=2"))
        .containsExactly(
            "method.capacity: the run has 20, the config says 30",
            "seed: the run has 0, the config says 2");
    assertThat(differences("model.widths=[8, 32]")).hasSize(1);
    assertThat(differences("data.augment.flip=true")).hasSize(1);
    assertThat(differences("run.precision=bf16")).hasSize(1);
    assertThat(differences("run.accumulate=2")).hasSize(1);
    assertThat(differences("optimizer.layerDecay=0.5")).hasSize(1);
    assertThat(differences("optimizer.rates={stem: 0.5}")).hasSize(1);
    assertThat(differences("model.freeze=[stem]")).hasSize(1);
    assertThat(differences("model.freeze=[stem]", "model.freezeUntil=5")).hasSize(2);
    assertThat(differences("model.freezeBatchNorm=true")).hasSize(1);
    assertThat(differences("optimizer.clipNorm=1"))
        .containsExactly("optimizer.clipNorm: the run has absent, the config says 1.0");
  }

  @Test
  void placesReportsThreadsAndWhatIsKeptMayChange() {
    assertThat(
            differences(
                "data.train.path=elsewhere.rec",
                "data.workers=3",
                "run.threads=1",
                "run.checkpointActivations=true",
                "run.reportEvery=1",
                "run.checkpointEvery=7",
                "run.ema=0.99",
                "evaluate=[]",
                "name=other"))
        .isEmpty();
  }

  @Test
  void aLongerRunIsAnotherScheduleUnlessTheScheduleHasALengthOfItsOwn() {
    assertThat(differences("run.steps=200"))
        .singleElement()
        .asString()
        .startsWith("run.steps: the run has 100, the config says 200")
        .contains("--set optimizer.schedule.steps=100", "model.initFrom");
    assertThat(differences("run.steps=200", "optimizer.schedule.steps=150"))
        .containsExactly("optimizer.schedule.steps: the run has 100, the config says 150");
    assertThat(differences("run.steps=200", "optimizer.schedule.steps=100")).isEmpty();
  }

  @Test
  void whatDoesNothingMakesNoDifference() {
    Experiment constant = load("optimizer.schedule={type: constant}");
    String resolved = ConfigWriter.yaml(constant);
    String written =
        resolved
            .replace("    warmupSteps: 0\n", "    warmupSteps: 0\n    steps: 50\n")
            .replace("epsilon: 1.0E-8", "epsilon: 0.5");
    assertThat(written.length()).isGreaterThan(resolved.length());
    Experiment before =
        loader.parse("r.yaml", written.getBytes(StandardCharsets.UTF_8), List.of(), false);
    assertThat(before.optimizer()).isNotEqualTo(constant.optimizer());
    assertThat(Differences.that(before, constant)).isEmpty();
  }

  private List<String> differences(String... changes) {
    return Differences.that(load(), load(changes));
  }

  private Experiment load(String... set) {
    byte[] yaml = ConfigLoaderTest.SOUND.getBytes(StandardCharsets.UTF_8);
    return loader.parse("f.yaml", yaml, List.of(set), false);
  }
}
