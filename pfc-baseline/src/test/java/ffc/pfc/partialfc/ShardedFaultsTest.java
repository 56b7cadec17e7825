package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import ffc.core.checkpoint.CheckpointReader;
import ffc.core.ffc.Ffc;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.pfc.partialfc.ShardedRun.Settings;
import ffc.pfc.partialfc.ThreadCluster.Fault;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A step, an average or a milestone that is broken off leaves no trace in any trainer. */
class ShardedFaultsTest extends ShardedRuns {
  /** Replicas instead of shards. */
  private static final Settings FFC =
      Settings.of(
          context ->
              new Ffc(
                  FfcConfigBuilder.builder().type("ffc").capacity(40).galleryMomentum(0.9).build(),
                  context));

  private static final Settings ADAFACE_FFC =
      Settings.of(
          context ->
              new Ffc(FfcConfigBuilder.builder().capacity(40).margin(ADAFACE).build(), context));

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
}
