package ffc.runs.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrialTest {
  private static final String EXPERIMENT =
      """
      name: long
      data: {train: {format: synthetic, path: "ids=1000;mean=3"}}
      model: {backbone: r18}
      method: {type: ffc}
      optimizer: {learningRate: 0.1, schedule: {%s}}
      run: {steps: %d}
      evaluate:
        - {name: a, format: bin, path: a.bin, at: [2, 500, end]}
        - {name: b, format: bin, path: b.bin, at: [900], every: 100}
      """;

  private final List<String> said = new ArrayList<>();

  private Experiment load(String schedule, long steps, Optional<Trial> trial, String... overrides) {
    byte[] yaml = EXPERIMENT.formatted(schedule, steps).getBytes(StandardCharsets.UTF_8);
    return new ConfigLoader(trial, said::add).parse("long", yaml, List.of(overrides), false);
  }

  @Test
  void theStepsAreThoseWithWhichTheWholeRunWouldBegin() {
    Experiment trial =
        load("type: multistep, milestones: [300, 600]", 1000, Optional.of(new Trial(3)));

    assertThat(trial.run().steps()).isEqualTo(3);
    assertThat(trial.optimizer().schedule().steps()).isEqualTo(1000);
    assertThat(trial.optimizer().schedule().milestones()).containsExactly(300L, 600L);
    assertThat(trial.evaluate().get(0).at()).containsExactly("2", "end");
    assertThat(trial.evaluate().get(1).at()).isEmpty();
    assertThat(said)
        .containsExactly(
            "FFC_TRY=3 takes the first steps only: run.steps=3 optimizer.schedule.steps=1000"
                + " evaluate.0.at=[2, end] evaluate.0.images=500 evaluate.1.at=[]"
                + " evaluate.1.images=500");
  }

  @Test
  void aConstantRateIsGivenNoLength() {
    for (String schedule : List.of("", "type: constant", "warmupSteps: 10")) {
      Experiment trial = load(schedule, 1000, Optional.of(new Trial(3)));
      assertThat(trial.run().steps()).isEqualTo(3);
      assertThat(trial.optimizer().schedule().steps()).isNull();
    }
  }

  @Test
  void nothingElseIsChanged() {
    Experiment whole = load("type: cosine, steps: 800", 1000, Optional.empty());
    Experiment trial = load("type: cosine, steps: 800", 1000, Optional.of(new Trial(3)));

    var before = ConfigWriter.flat(whole);
    var after = ConfigWriter.flat(trial);
    Set<String> changed = new HashSet<>(before.keySet());
    changed.addAll(after.keySet());
    changed.removeIf(path -> Objects.equals(before.get(path), after.get(path)));
    assertThat(changed)
        .containsExactlyInAnyOrder(
            "run.steps",
            "evaluate.0.at",
            "evaluate.0.images",
            "evaluate.1.at",
            "evaluate.1.images");
  }

  @Test
  void theBestCheckpointIsLeftOutWhereItsSetIsNotJudgedOrTooSmall() {
    String set = "evaluate=[{name: a, format: recordio, path: a.rec, net: gallery, at: %s}]";
    String far = "run.best=a@gallery.tar_at_far.%s";
    Optional<Trial> three = Optional.of(new Trial(3));

    for (String kept : List.of("1e-3", "1e-4")) {
      Experiment trial = load("", 1000, three, set.formatted("[3, 500]"), far.formatted(kept));
      assertThat(trial.run().best()).isEqualTo("a@gallery.tar_at_far." + kept);
    }
    assertThat(load("", 1000, three, set.formatted("[end]"), far.formatted("1e-5")).run().best())
        .isNull();
    assertThat(said.get(2)).endsWith("evaluate.0.images=500 run.best=null");
    assertThat(load("", 1000, three, set.formatted("[500]"), far.formatted("1e-3")).run().best())
        .isNull();
    String probe = "evaluate=[{name: a, format: recordio, path: a.rec, at: [500]}]";
    String average = "run.best=a@ema.tar_at_far.1e-3";
    assertThat(load("", 1000, three, probe, average, "run.ema=0.9").run().best()).isNull();
    assertThat(load("", 1000, three, "run.best=b.accuracy_mean").run().best())
        .as("a set that is judged every so many steps, none of them in the trial")
        .isEqualTo("b.accuracy_mean");
    assertThat(
            load("", 1000, Optional.empty(), set.formatted("[500]"), far.formatted("1e-7"))
                .run()
                .best())
        .isNotNull();
  }

  @Test
  void aShorterRunStaysAndTheCommandLineIsHeardFirst() {
    Experiment trial = load("", 1000, Optional.of(new Trial(3)), "run.steps=2", "evaluate=[]");

    assertThat(trial.run().steps()).isEqualTo(2);
    assertThat(said).isEmpty();
  }
}
