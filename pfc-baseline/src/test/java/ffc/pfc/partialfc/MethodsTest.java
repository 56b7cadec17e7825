package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.core.checkpoint.CheckpointReader;
import ffc.core.ffc.Ffc;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.loss.AdaFaceConfigBuilder;
import ffc.core.loss.MarginConfig;
import ffc.core.method.MethodContext;
import ffc.core.optim.OptimizerConfig;
import ffc.pfc.MethodRun;
import ffc.pfc.classes.RowFlags;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfigBuilder;
import ffc.pfc.softmax.SampledSoftmaxTest;
import ffc.pfc.triplet.Triplet;
import ffc.pfc.triplet.TripletConfigBuilder;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method must do, on short runs over the quick-start data. */
class MethodsTest {
  @TempDir Path folder;

  private record Case(String name, MethodContext.Factory factory, OptimizerConfig.Type optimizer) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static PartialFcConfig partial(double rate, PartialFcConfig.Update update) {
    return PartialFcConfigBuilder.builder().sampleRate(rate).update(update).build();
  }

  private static Case pfc(
      String name, double rate, PartialFcConfig.Update update, OptimizerConfig.Type optimizer) {
    return new Case(name, context -> new PartialFc(partial(rate, update), context), optimizer);
  }

  static Stream<Case> cases() {
    OptimizerConfig.Type sgd = OptimizerConfig.Type.sgd;
    return Stream.of(
        pfc("partial, sparse", 0.1, PartialFcConfig.Update.sparse, sgd),
        pfc("partial, sparse, adamw", 0.1, null, OptimizerConfig.Type.adamw),
        pfc("partial, dense", 0.1, PartialFcConfig.Update.dense, sgd),
        pfc("full", 1, null, sgd),
        new Case(
            "partial, three centres",
            c -> new PartialFc(PartialFcConfigBuilder.builder().centers(3).build(), c),
            sgd),
        new Case(
            "virtual-fc",
            c -> new VirtualFc(VirtualFcConfigBuilder.builder().columns(300).build(), c),
            sgd),
        new Case(
            "dcq",
            c ->
                new DynamicClassQueue(
                    DynamicClassQueueConfigBuilder.builder()
                        .capacity(130)
                        .galleryMomentum(0.9)
                        .build(),
                    c),
            sgd),
        new Case("triplet", c -> new Triplet(TripletConfigBuilder.builder().build(), c), sgd));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aResumedRunRepeatsTheLossesOfAnUnbrokenOne(Case method) throws IOException {
    Path whole = folder.resolve("whole");
    List<Double> unbroken =
        MethodRun.of(method.factory, method.optimizer, 8, 1, whole, null).losses;
    List<Double> rest =
        MethodRun.of(
                method.factory,
                method.optimizer,
                8,
                1,
                folder.resolve("rest"),
                whole.resolve("step-00000005"))
            .losses;
    assertThat(unbroken).hasSize(8).doesNotHaveDuplicates();
    assertThat(rest).isEqualTo(unbroken.subList(5, 8));
  }

  /** And it changes no loss. */
  @ParameterizedTest
  @MethodSource("cases")
  void theAverageOfEveryMethodResumesToTheSameBits(Case method) throws IOException {
    Path whole = folder.resolve("whole");
    MethodRun unbroken = averaged(method, whole, null);
    Path rest = folder.resolve("rest");
    averaged(method, rest, whole.resolve("step-00000005"));

    assertThat(rest.resolve("step-00000010/checksums.txt")) // of all files
        .hasSameTextualContentAs(whole.resolve("step-00000010/checksums.txt"))
        .content()
        .contains(" ema.safetensors");
    assertThat(
            Files.mismatch(
                whole.resolve("step-00000010/ema.safetensors"),
                whole.resolve("step-00000010/probe.safetensors")))
        .isNotNegative();
    Path without = folder.resolve("without");
    MethodRun plain = MethodRun.of(method.factory, method.optimizer, 10, 1, without, null);
    assertThat(unbroken.losses).isEqualTo(plain.losses);
    assertThat(without.resolve("step-00000010/ema.safetensors")).doesNotExist();
  }

  private static MethodRun averaged(Case method, Path checkpoints, Path resumeFrom)
      throws IOException {
    return MethodRun.of(
        method.factory, method.optimizer, 10, 1, checkpoints, resumeFrom, List.of(), null, 0.6);
  }

  /** First the classifier alone, then all of the network; the same after a resume. */
  @ParameterizedTest
  @MethodSource("cases")
  void aNetworkThatIsFrozenForAWhileKeepsItsBits(Case method) throws IOException {
    Path whole = folder.resolve("whole");
    List<String> all = List.of("trunk", "embedding");
    List<Double> unbroken =
        MethodRun.of(method.factory, method.optimizer, 15, 1, whole, null, all, 11L, null).losses;
    Path rest = folder.resolve("rest");
    Path half = whole.resolve("step-00000010");
    assertThat(
            MethodRun.of(method.factory, method.optimizer, 15, 1, rest, half, all, 11L, null)
                .losses)
        .isEqualTo(unbroken.subList(10, 15));
    String probe = "probe.safetensors";
    assertThat(half.resolve(probe))
        .hasSameBinaryContentAs(whole.resolve("step-00000005").resolve(probe));
    assertThat(Files.mismatch(whole.resolve("step-00000015").resolve(probe), half.resolve(probe)))
        .isNotNegative();
    assertThat(rest.resolve("step-00000015/checksums.txt"))
        .hasSameTextualContentAs(whole.resolve("step-00000015/checksums.txt"));
  }

  private static final MarginConfig ADAFACE =
      AdaFaceConfigBuilder.builder().h(0.8).tAlpha(0.6).build();

  static Stream<Case> adafaces() {
    OptimizerConfig.Type sgd = OptimizerConfig.Type.sgd;
    return Stream.of(
        new Case(
            "ffc",
            c -> new Ffc(FfcConfigBuilder.builder().capacity(40).margin(ADAFACE).build(), c),
            sgd),
        new Case(
            "partial",
            c -> new PartialFc(PartialFcConfigBuilder.builder().margin(ADAFACE).build(), c),
            sgd),
        new Case(
            "virtual-fc",
            c ->
                new VirtualFc(
                    VirtualFcConfigBuilder.builder().columns(300).margin(ADAFACE).build(), c),
            sgd),
        new Case(
            "dcq",
            c ->
                new DynamicClassQueue(
                    DynamicClassQueueConfigBuilder.builder().capacity(130).margin(ADAFACE).build(),
                    c),
            sgd));
  }

  @ParameterizedTest
  @MethodSource("adafaces")
  void whatMarginsRememberIsInCheckpointsAndReports(Case method) throws IOException {
    Path whole = folder.resolve("whole");
    MethodRun unbroken = MethodRun.of(method.factory, method.optimizer, 10, 2, whole, null);
    Path rest = folder.resolve("rest");
    Path half = whole.resolve("step-00000005");
    MethodRun resumed = MethodRun.of(method.factory, method.optimizer, 10, 2, rest, half);
    assertThat(resumed.losses).isEqualTo(unbroken.losses.subList(5, 10));
    String list = "step-00000010/checksums.txt"; // of all files
    assertThat(rest.resolve(list)).hasSameTextualContentAs(whole.resolve(list));
    Map<String, String> numbers =
        CheckpointReader.open(rest.resolve("step-00000010")).properties("margin");
    assertThat(numbers).containsOnlyKeys("norm_mean", "norm_std");
    numbers.forEach(
        (name, value) ->
            assertThat(resumed.reports.get(0).statistics())
                .containsEntry("margin_" + name, Double.valueOf(value)));
    assertThat(numbers)
        .isNotEqualTo(CheckpointReader.open(half).properties("margin"))
        .isNotEqualTo(Map.of("norm_mean", "20.0", "norm_std", "100.0"));
  }

  /** Trained centres meet a class once in 60 steps; {@link SampledSoftmaxTest} sees them learn. */
  static Stream<Case> classifiersWithoutTrainedCentres() {
    return cases().skip(5);
  }

  @ParameterizedTest
  @MethodSource("classifiersWithoutTrainedCentres")
  void theLossFalls(Case method) throws IOException {
    MethodRun run = MethodRun.of(method.factory, method.optimizer, 60, 1, folder, null);
    // Queue and columns fill during the first steps, which makes the task harder.
    double early = mean(run.losses.subList(10, 20));
    double late = mean(run.losses.subList(50, 60));
    assertThat(late).as(run.losses.toString()).isLessThan(early);
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aStepCanBeCutIntoSlices(Case method) throws IOException {
    List<Double> whole =
        MethodRun.of(method.factory, method.optimizer, 1, 1, folder.resolve("1"), null).losses;
    List<Double> sliced =
        MethodRun.of(method.factory, method.optimizer, 3, 2, folder.resolve("2"), null).losses;
    assertThat(sliced).allMatch(Double::isFinite);
    // Another number: batch norm sees half a batch, and methods that compare samples see fewer
    // negatives. ReferenceStepsTest holds each method's sliced steps to 1e-5 of recorded ones.
    assertThat(sliced.get(0)).isCloseTo(whole.get(0), within(0.25 * Math.abs(whole.get(0))));
  }

  @Test
  void fullFcScoresAllClassesAndReportsThem() throws IOException {
    MethodRun run =
        MethodRun.of(
            context -> new PartialFc(partial(1, null), context),
            OptimizerConfig.Type.sgd,
            5,
            1,
            folder,
            null);
    assertThat(run.reports.get(0).statistics())
        .containsEntry("classes", 2000.0)
        .containsEntry("classes_initialised", 2000.0)
        .containsKey("target_cosine");
    assertThat(run.summary.predicted().parts())
        .containsEntry("classes", 4L * 2000 * 16 + RowFlags.bytes(2000))
        .containsEntry("momenta", 4L * 2000 * 16)
        .containsEntry("class_gradient", 4L * 2000 * 16);
  }

  @Test
  void mappedStorageGivesTheSameLosses() throws IOException {
    PartialFcConfig mapped =
        PartialFcConfigBuilder.builder()
            .sampleRate(0.1)
            .storage(PartialFcConfig.Storage.mapped)
            .folder(folder.resolve("rows").toString())
            .build();
    List<Double> onDisk =
        MethodRun.of(
                c -> new PartialFc(mapped, c),
                OptimizerConfig.Type.sgd,
                4,
                1,
                folder.resolve("a"),
                null)
            .losses;
    List<Double> inMemory =
        MethodRun.of(
                c -> new PartialFc(partial(0.1, null), c),
                OptimizerConfig.Type.sgd,
                4,
                1,
                folder.resolve("b"),
                null)
            .losses;
    assertThat(onDisk).isEqualTo(inMemory);
  }

  @Test
  void mappedStorageNeedsAFolder() {
    PartialFcConfig config =
        PartialFcConfigBuilder.builder().storage(PartialFcConfig.Storage.mapped).build();
    assertThatThrownBy(
            () ->
                MethodRun.of(
                    c -> new PartialFc(config, c), OptimizerConfig.Type.sgd, 1, 1, folder, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("method.folder is missing");
  }
}
