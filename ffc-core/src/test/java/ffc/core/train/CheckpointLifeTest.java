package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.eval.EvaluateConfig;
import ffc.eval.EvaluateConfigBuilder;
import ffc.eval.roc.EvalResult;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.Dataset;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/checkpoints.md promises of checkpoints, held on short runs. */
class CheckpointLifeTest {
  @TempDir Path temp;

  /** Keeps what it is told, and looks for every checkpoint at the moment it is announced. */
  private static class Watcher implements RunObserver {
    final Map<Long, Double> losses = new TreeMap<>();
    final Map<Long, Double> rank1 = new TreeMap<>();
    final List<String> events = new ArrayList<>();

    @Override
    public void setAside(Path folder, List<String> checkpoints) {
      events.add("set aside " + checkpoints + " in " + folder.getFileName());
    }

    @Override
    public void started(long fromStep, long toStep) {
      events.add("started " + fromStep);
    }

    @Override
    public void progress(long step, double loss, double imagesPerSecond) {
      losses.put(step, loss);
    }

    @Override
    public void report(StepReport report) {}

    @Override
    public void evaluated(long step, EvalResult result) {
      rank1.put(step, result.metric("rank1"));
      events.add("evaluated " + step);
    }

    @Override
    public void evaluationFailed(long step, String set, String problem) {
      events.add("failed " + step + " " + set + " " + problem);
    }

    @Override
    public void checkpoint(long step, Path folder) {
      assertThat(folder.resolve("checksums.txt")).exists();
      events.add(folder.getFileName().toString());
    }

    @Override
    public void finished(RunSummary summary) {
      events.add("finished " + summary.steps());
    }
  }

  @Test
  void aResumeFromAnOlderCheckpointIsABranchThatKeepsItsOwnCheckpoints() throws IOException {
    Path folder = temp.resolve("checkpoints");
    Watcher whole = run(folder, null, 20, 3, List.of(), null);
    assertThat(names(folder)).containsExactly("step-00000010", "step-00000015", "step-00000020");

    Watcher branch = run(folder, folder.resolve("step-00000010"), 25, 2, List.of(), null);

    assertThat(branch.events)
        .containsExactly(
            "set aside [step-00000015, step-00000020] in after-step-00000010",
            "started 10",
            "step-00000015",
            "step-00000020",
            "step-00000025",
            "finished 25");
    assertThat(names(folder)).containsExactly("set-aside", "step-00000020", "step-00000025");
    assertThat(names(folder.resolve("set-aside/after-step-00000010")))
        .containsExactly("step-00000015", "step-00000020");
    assertThat(new Checkpoints(folder, 1).latest()).contains(folder.resolve("step-00000025"));
    for (long step = 11; step <= 20; step++) {
      assertThat(branch.losses.get(step)).isEqualTo(whole.losses.get(step));
    }
    // What was set aside can be gone on from like any other.
    Path abandoned = folder.resolve("set-aside/after-step-00000010/step-00000015");
    Watcher again = run(temp.resolve("again"), abandoned, 17, 2, List.of(), null);
    assertThat(again.losses.get(16L)).isEqualTo(whole.losses.get(16L));
  }

  @Test
  void theBestCheckpointIsTheBestOfAllEvaluationsAlsoAfterABranch() throws IOException {
    Path folder = temp.resolve("checkpoints");
    List<EvaluateConfig> sets = List.of(set("tiny", images(6, 3), 2));
    // One step beyond the last evaluation: a checkpoint is later than the best, whichever that is.
    Watcher watcher = run(folder, null, 17, 3, sets, "tiny.rank1");
    assertThat(watcher.rank1).hasSize(8);
    long best = firstBest(watcher.rank1);
    assertThat(stateOf(folder.resolve("best")))
        .containsEntry("step", Long.toString(best))
        .containsEntry("best_value", watcher.rank1.get(best).toString());

    // From the best one on: it stays, whatever came later is set aside.
    Watcher branch = run(folder, folder.resolve("best"), (int) best + 4, 3, sets, "tiny.rank1");
    assertThat(branch.events.get(0)).startsWith("set aside [step-");
    assertThat(branch.events.get(0)).doesNotContain("best");
    assertThat(branch.rank1).doesNotContainKey(best);
    Map<Long, Double> both = new TreeMap<>(branch.rank1);
    watcher.rank1.forEach((step, value) -> both.merge(step, value, (a, b) -> a));
    both.keySet().removeIf(step -> step > best + 4);
    assertThat(stateOf(folder.resolve("best")))
        .containsEntry("step", Long.toString(firstBest(both)));
  }

  @Test
  void aBestCheckpointOfLaterStepsIsSetAsideAndTheBranchFindsItsOwn() throws IOException {
    Path folder = temp.resolve("checkpoints");
    List<EvaluateConfig> sets = List.of(set("tiny", images(6, 3), 6));
    run(folder, null, 13, 9, sets, "tiny.rank1"); // judged at 6 and 12
    Path from = folder.resolve("step-00000005");
    Watcher branch = run(folder, from, 5, 9, List.of(), "tiny.rank1");
    assertThat(branch.events.get(0)).contains("step-00000010", "best");
    assertThat(folder.resolve("best")).doesNotExist();

    Watcher later = run(folder, from, 7, 9, sets, "tiny.rank1");
    assertThat(later.rank1).containsOnlyKeys(6L);
    assertThat(stateOf(folder.resolve("best"))).containsEntry("step", "6");
  }

  @Test
  void aBestValueWhoseCheckpointIsGoneDoesNotHideTheNextOne() throws IOException {
    Path folder = temp.resolve("checkpoints");
    List<EvaluateConfig> sets = List.of(set("tiny", images(6, 3), 5));
    run(folder, null, 5, 9, sets, "tiny.rank1");
    Checkpoints.deleteTree(folder.resolve("best"));
    run(folder, folder.resolve("step-00000005"), 10, 9, sets, "tiny.rank1");
    assertThat(stateOf(folder.resolve("best"))).containsEntry("step", "10");
  }

  @Test
  void aCheckpointIsWrittenBeforeItIsJudgedAndAFailedEvaluationEndsNothing() throws IOException {
    Path gone = temp.resolve("gone");
    Watcher watcher =
        run(
            temp.resolve("checkpoints"),
            null,
            6,
            3,
            List.of(set("gone", gone, 5), set("tiny", images(4, 2), 5)),
            null);
    assertThat(watcher.events.get(1)).isEqualTo("step-00000005");
    assertThat(watcher.events.get(2)).startsWith("failed 5 gone " + gone);
    assertThat(watcher.events.subList(3, watcher.events.size()))
        .containsExactly("evaluated 5", "step-00000006", "finished 6");
  }

  @Test
  void anEvaluationThatAKillCutOffIsMadeUpForOnce() throws IOException {
    Path folder = temp.resolve("checkpoints");
    List<EvaluateConfig> sets = List.of(set("tiny", images(4, 2), 5));
    Watcher killed =
        new Watcher() {
          @Override
          public void checkpoint(long step, Path written) {
            throw new IllegalStateException("killed");
          }
        };
    assertThatThrownBy(() -> run(killed, folder, null, 9, 3, sets, "tiny.rank1"))
        .hasMessage("killed");
    Path five = folder.resolve("step-00000005");

    Watcher resumed = run(folder, five, 7, 3, sets, "tiny.rank1");
    assertThat(resumed.events)
        .containsExactly("started 5", "evaluated 5", "best", "step-00000007", "finished 7");
    assertThat(stateOf(folder.resolve("best"))).containsEntry("evaluated", "true");

    assertThat(run(folder, five, 7, 3, sets, "tiny.rank1").events)
        .containsExactly(
            "set aside [step-00000007] in after-step-00000005",
            "started 5",
            "step-00000007",
            "finished 7");
  }

  private static long firstBest(Map<Long, Double> values) {
    return values.entrySet().stream()
        .reduce((a, b) -> b.getValue() > a.getValue() ? b : a)
        .orElseThrow()
        .getKey();
  }

  private static Map<String, String> stateOf(Path checkpoint) throws IOException {
    return CheckpointReader.open(checkpoint).properties("state");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static EvaluateConfig set(String name, Path path, int every) {
    return EvaluateConfigBuilder.builder()
        .name(name)
        .format("folder")
        .path(path.toString())
        .at(List.of())
        .every(every)
        .build();
  }

  /** A folder of identities, every image of them noise. */
  private Path images(int identities, int each) throws IOException {
    Random random = new Random(5);
    Path root = temp.resolve("images");
    for (int id = 0; id < identities; id++) {
      Path folder = Files.createDirectories(root.resolve("id" + id));
      for (int i = 0; i < each; i++) {
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
        image
            .getRaster()
            .setPixels(
                0, 0, 32, 32, IntStream.range(0, 32 * 32).map(p -> random.nextInt(256)).toArray());
        ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
      }
    }
    return root;
  }

  private static Watcher run(
      Path folder, Path from, int steps, int keep, List<EvaluateConfig> sets, String best)
      throws IOException {
    return run(new Watcher(), folder, from, steps, keep, sets, best);
  }

  private static Watcher run(
      Watcher watcher,
      Path folder,
      Path from,
      int steps,
      int keep,
      List<EvaluateConfig> sets,
      String best)
      throws IOException {
    Trainer.Setup s = TinyRun.setup(TinyRun.FFC, steps, folder, from);
    RunConfig run =
        RunConfigBuilder.builder()
            .steps((long) steps)
            .reportEvery(10)
            .checkpointEvery(5)
            .keepCheckpoints(keep)
            .best(best)
            .device(s.run().device())
            .threads(1)
            .build();
    Trainer.Setup setup =
        new Trainer.Setup(
            s.seed(),
            s.data(),
            s.model(),
            s.methodName(),
            s.method(),
            s.optimizer(),
            run,
            sets,
            folder,
            from,
            0,
            1);
    try (Dataset data = DataSets.open(setup.data().train());
        Trainer trainer = new Trainer(setup, data, new LocalExchange(), watcher, () -> false)) {
      trainer.run();
    }
    return watcher;
  }
}
