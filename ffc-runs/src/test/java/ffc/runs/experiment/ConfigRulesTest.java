package ffc.runs.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.abort;

import ffc.exchange.Sums;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What settings may be, by themselves, beside others and on this machine. */
class ConfigRulesTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "data.instancesPerBatch=7 | data.instancesPerBatch: got 7, wanted an even number",
        "data.instancesPerBatch=8.0 | no mistake",
        "data.instancesPerBatch=8.5 | data.instancesPerBatch: got 8.5, wanted a whole number",
        "data={train: {format: folder, path: x}, idsPerBatch: 0, instancesPerBatch: 2} |"
            + " data.idsPerBatch: idsPerBatch + instancesPerBatch / 2 is 1, wanted at least 2",
        "run.accumulate=7 | run.accumulate: got 7 micro-batches, wanted at least 2 images",
        "model.layers=[1, 1, 1] | model.layers: got 3 stages, wanted as many as model.widths (2)",
        "model.layers= | model.layers: missing; backbone iresnet needs",
        "model.widths= | model.widths: missing; backbone iresnet needs",
        "model.backbone=r50 | model.layers: backbone r50 fixes it to [3, 4, 14, 3]",
        "model.input=[2, 32, 32] | model.input: got 2 channels, wanted 1 (gray) or 3 (RGB)",
        "model.input=[1, 32, 30] | model.input: got 32x30, wanted height and width divisible by 4",
        "model.input=[1, 32] | model.input: got a list of 2, wanted at least 3 elements",
        "model.freeze=[stem, layer2] | no mistake",
        "model.freeze=[layer3] | model.freeze: got \"layer3\", wanted parts of backbone iresnet:"
            + " stem, layer1, layer2, embedding, or trunk for all but the last",
        "model.freeze=[stem, trunk, stem] | model.freeze: got stem twice",
        "model.freeze=stem | model.freeze: got the text \"stem\", wanted a list: [stem]",
        "model.freeze=[trunk, embedding] | model.freeze: got all parts of the network, which would"
            + " learn nothing; wanted fewer, or model.freezeUntil",
        "model.freezeUntil=10 | model.freezeUntil: does nothing without model.freeze",
        "model={backbone: vit, layers: [2], widths: [32], patch: 8, input: [1, 32, 32], freeze:"
            + " [trunk, embedding], freezeUntil: 5} | no mistake",
        "model={backbone: iresnet, layers: [1], widths: [4, 8], freeze: [stem]} | model.layers: got"
            + " 1 stages",
        "optimizer.rates={trunk: 0.1, layer2: 0.5} | no mistake",
        "optimizer.rates.layer2=0.5 | no mistake",
        "optimizer.layerDecay=0.75 | no mistake",
        "optimizer.layerDecay=1 | no mistake",
        "optimizer.layerDecay=1.01 | optimizer.layerDecay: got 1.01, wanted at most 1",
        "optimizer.layerDecay=0 | optimizer.layerDecay: got 0, wanted",
        "run.checkpointActivations=2 | run.checkpointActivations: got 2, wanted",
        "optimizer={learningRate: 0.1, layerDecay: 0.75, rates: {stem: 0.1}} | optimizer.layerDecay:"
            + " got 0.75 beside optimizer.rates, which gives the same parts rates; wanted one of the"
            + " two",
        "optimizer.rates={head: 0.1} | optimizer.rates: got \"head\", wanted parts of backbone"
            + " iresnet",
        "optimizer.rates={stem: 0} | optimizer.rates: got 0.0 for stem, wanted a factor above 0 and"
            + " up to 1000; model.freeze: [stem] keeps a part as it is",
        "optimizer.rates={stem: low} | optimizer.rates.stem: got the text \"low\", wanted a number",
        "method.type=fcf | method.type: got the text \"fcf\", wanted one of dcq, ffc, partial-fc,"
            + " triplet, virtual-fc; did you mean ffc?",
        "method.update.type=tworow | wanted weighted or two-row; did you mean two-row?",
        "method.galleryMomentum=1.5 | method.galleryMomentum: got 1.5, wanted at most 1",
        "method.capacity=9999999999 | got 9999999999, wanted at most 2147483647",
        "method= | method: missing",
        "optimizer.momentum=0 | no mistake",
        "optimizer={learningRate: 1, nesterov: true, momentum: 0} |"
            + " optimizer.nesterov: Nesterov momentum wants optimizer.momentum above 0",
        "optimizer.betas=[0.9] | optimizer.betas: got [0.9], wanted two numbers in [0, 1)",
        "optimizer.learningRate=.inf | --set optimizer.learningRate=.inf: got .inf, wanted a"
            + " finite",
        "optimizer.learningRate=1e999 | wanted a finite number",
        "optimizer.schedule.type=multistep | optimizer.schedule.milestones: missing",
        "optimizer.schedule.milestones=[5] | optimizer.schedule.milestones: does nothing with"
            + " optimizer.schedule.type cosine, only with multistep; leave it out",
        "optimizer.schedule={type: constant, steps: 50} | optimizer.schedule.steps: does nothing"
            + " with optimizer.schedule.type constant, only with linear, cosine, multistep and"
            + " polynomial; leave it out (--set optimizer.schedule.steps= takes it out)",
        "optimizer.schedule.gamma=0.1 | optimizer.schedule.gamma: does nothing with",
        "optimizer.schedule.power=2 | optimizer.schedule.power: does nothing with",
        "optimizer.schedule.finalRate=0.01 | no mistake",
        "optimizer.schedule={type: multistep, milestones: [5], finalRate: 0.01} |"
            + " optimizer.schedule.finalRate: does nothing with optimizer.schedule.type multistep",
        "optimizer.betas=[0.9, 0.999] | optimizer.betas: does nothing with optimizer.type sgd, only"
            + " with adamw; leave it out (--set optimizer.betas= takes it out)",
        "optimizer.epsilon=1e-8 | optimizer.epsilon: does nothing with",
        "optimizer={learningRate: 1, type: adamw, betas: [0.9, 0.99], epsilon: 1e-6} | no mistake",
        "optimizer={learningRate: 1, type: adamw, momentum: 0.9} | optimizer.momentum: does nothing"
            + " with optimizer.type adamw, only with sgd",
        "optimizer={learningRate: 1, type: adamw, nesterov: true} | optimizer.nesterov: does"
            + " nothing",
        "method.update={type: two-row, keep: 0.5} | method.update.keep: does nothing with"
            + " method.update.type two-row, only with weighted",
        "data.mix.from=20 | data.mix.idsAtFirst: missing",
        "data.mix={idsAtFirst: 99, from: 10, to: 50} | data.mix.idsAtFirst: got 99, wanted at most",
        "data.mix={idsAtFirst: 8, from: 50, to: 10} | data.mix.to: got 10, wanted at least data.mix.from, 50",
        "data.augment.crop.area=0 | data.augment.crop.area: got 0, wanted at least 0.01",
        "data.augment={blur: {}} | no mistake",
        "method={type: ffc, capacity: 20, rows: trained, rowRate: 2} | no mistake",
        "method.rows=learned | method.rows: got the text \"learned\", wanted one of fixed, trained",
        "method.fresh={weight: 0, hardNegatives: 3} | method.fresh.hardNegatives: does nothing with"
            + " method.fresh.weight 0, only with more than 0",
        "method.fresh={weight: 0} | no mistake",
        "cluster={trainers: 2, quorum: 2} | cluster.quorum: does nothing with cluster.onLoss wait,"
            + " only with shrink",
        "data={train: {format: folder, path: x}, idsPerBatch: 8, instancesPerBatch: 8,"
            + " corruptBudget: 0.1} | data.corruptBudget: does nothing with data.onCorrupt fail",
        "method.rowRate=2 | method.rowRate: does nothing with method.rows fixed, only with trained",
        "method={type: ffc, capacity: 20, rows: trained, warmFill: 1} | method.warmFill: does"
            + " nothing with method.rows trained, only with fixed",
        "method={type: ffc, capacity: 20, rows: trained, galleryMomentum: 0.9} |"
            + " method.galleryMomentum: does nothing with method.rowEntry probe, only with gallery",
        "data={train: {format: folder, path: x}, idsPerBatch: 8, instancesPerBatch: 8, singleImage:"
            + " alone} | no mistake",
        "method={type: partial-fc, folder: x} | method.folder: does nothing with method.storage"
            + " memory",
        "optimizer.schedule={type: multistep, milestones: [5, 5]} | got [5, 5], wanted rising"
            + " steps",
        "optimizer.schedule={type: multistep, milestones: [100]} |"
            + " got a milestone at 100, wanted one before the schedule's end at 100",
        "model={backbone: vit_t, input: [3, 112, 112]} | no mistake",
        "model={backbone: vit, layers: [2], widths: [32], patch: 8, input: [1, 32, 32]} | no mistake",
        "model={backbone: vit, input: [1, 32, 32]} | model.layers: missing; backbone vit needs",
        "model={backbone: vit, layers: [2, 2], widths: [32, 32]} | model.layers: got 2 entries,"
            + " wanted one: backbone vit has one stage",
        "model={backbone: vit, layers: [2], widths: [30], patch: 8} | model.heads: got 8, wanted a"
            + " divisor of the width 30",
        "model={backbone: vit_s, input: [3, 8, 112]} | model.input: got a side of 8, wanted at least"
            + " that of model.patch, 9",
        "model={backbone: vit_s, layers: [3]} | model.layers: backbone vit_s fixes it to [12]",
        "model={backbone: vit_s, dropout: 0.1} | model.dropout: got 0.1, but backbone vit_s has none",
        "model={backbone: mobilefacenet, dropout: 0.1} | model.dropout: got 0.1, but backbone",
        "model={backbone: mbf, dropout: 0.1} | model.dropout: got 0.1, but backbone mbf has none",
        "model={backbone: mbf, input: [3, 112, 96]} | model.input: got 112x96, wanted square images",
        "model={backbone: mbf_large, input: [3, 112, 112]} | no mistake",
        "model={backbone: r18, dropPath: 0.1} | model.dropPath: backbone r18 has none; it is a"
            + " setting of vision transformers, such as vit_s",
        "run.steps=0 | run.steps: got 0, wanted more than 0",
        "run.best=opn.rank1 | \"opn\" is no evaluation set; known: open; did you mean open?",
        "run.best=open.f1 | run.best: got figure \"f1\", but a set of format recordio yields"
            + " tar_at_far.1e-3, tar_at_far.1e-4, tar_at_far.1e-5, tar_at_far.1e-6,"
            + " tar_at_far.1e-7, tar_at_far.1e-8, tar_at_far.1e-9, rank1, rank5, rank10, r_precision, map_at_r",
        "run.best=open.accuracy_mean | a set of format recordio yields tar_at_far.1e-3",
        "run.best=open.rank2 | run.best: got figure \"rank2\"",
        "run.best=open.tar_at_far.1e-2 | did you mean tar_at_far.1e-3?",
        "run.best=open.tar_at_far.1e-3 | no mistake",
        "run.best=open.rank10 | no mistake",
        "run.best=open.map_at_r | no mistake",
        "run.device=cuda | run.device: got the text \"cuda\", wanted one of auto, cpu, gpu",
        "run.devices=[0] | no mistake",
        "run.devices=[0, 1] | method.capacity: got 20, wanted at least 32: the identities of one"
            + " batch (data.idsPerBatch 8 + data.instancesPerBatch 8, for each of 2 trainers) must"
            + " fit into the group; raise it, or lower the counts",
        "run.devices=[0, 0] | run.devices: got [0, 0], wanted each GPU once",
        "run.devices=[0, -1] | run.devices.1: got -1, wanted at least 0",
        "cluster={sums: gloo} | cluster.sums: got the text \"gloo\", wanted one of auto, cluster, torch",
        "cluster={sums: torch, gradients: bf16} | cluster.sums: got torch with cluster.gradients"
            + " bf16, which PyTorch would also add up in bf16; wanted cluster, or gradients fp32",
        "cluster={sums: auto, gradients: bf16} | no mistake",
        "cluster={sums: torch, secret: s} | no mistake",
        "evaluate.1={name: open, format: bin, path: x} |"
            + " evaluate.1.name: \"open\" is the name of evaluate.0 as well",
        "evaluate.1={name: open, format: bin, path: x, net: gallery} | no mistake",
        "evaluate.1={name: open, format: bin, path: x, net: ema} |"
            + " evaluate.1.net: got ema, but the run keeps no average; set run.ema, such as 0.999",
        "run.ema=1 | run.ema: got 1, wanted at most 0.99999",
        "run.ema=-0.1 | run.ema: got -0.1, wanted at least 0",
        "run.ema=0.999 | no mistake",
        "evaluate.1={name: p, format: bin, path: x, strata: own} |"
            + " evaluate.1.strata: got own, but a set of pairs names no identities",
        "evaluate.0.strata=training | no mistake",
        "evaluate.0.at=[101] | evaluate.0.at: got step 101, the run ends at step 100",
        "evaluate.0.at=[never] | evaluate.0.at.0: got the text \"never\", wanted text that matches",
        "evaluate.3.name=x | evaluate.3: got index \"3\", wanted 0 to 1",
        "evaluate.0.name=a b | evaluate.0.name: got the text \"a b\", wanted text that matches",
        "evaluate.0= | evaluate.0: a list element cannot be left empty",
        "name.first=x | name.first: name is the text \"small\", it has no keys",
        "name=../x | name: got the text \"../x\", wanted text that matches",
        "run.steps 5 | --set run.steps 5: wanted path=value",
        "=5 | wanted path=value",
        "run.steps=[1 | not valid YAML",
        "run..steps=1 | run.: unknown key",
      })
  void checksOverridesLikeTheFile(String set, String expected) {
    List<String> found = ConfigLoaderTest.problems(ConfigLoaderTest.SOUND, set);

    if (expected.equals("no mistake")) {
      assertThat(found).isEmpty();
    } else {
      assertThat(found)
          .anySatisfy(line -> assertThat(line).startsWith("--set " + set).contains(expected));
    }
  }

  /** The setting that is wrong, or all that it is compared with where the file gives it. */
  @Test
  void ofSeveralOverridesTheWrongOneIsNamed() {
    String capacity = "method.capacity: got 10, wanted at least ";
    assertThat(
            ConfigLoaderTest.problems(
                ConfigLoaderTest.SOUND, "data.idsPerBatch=12", "method.capacity=10"))
        .anySatisfy(line -> assertThat(line).startsWith("--set method.capacity=10: " + capacity));
    assertThat(
            ConfigLoaderTest.problems(
                ConfigLoaderTest.SOUND, "method.capacity=10", "data.idsPerBatch=12"))
        .anySatisfy(line -> assertThat(line).startsWith("--set method.capacity=10: " + capacity));
    assertThat(
            ConfigLoaderTest.problems(
                ConfigLoaderTest.SOUND, "data.idsPerBatch=300", "data.instancesPerBatch=200"))
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith(
                        "--set data.idsPerBatch=300, --set data.instancesPerBatch=200:"
                            + " method.capacity: got "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cluster={trainers: 2} | run.devices: got [0, 1] beside section cluster",
        "model.dropout=0.1 | model.dropout: got 0.1, but the trainers of run.devices share",
        "model={backbone: vit, layers: [2], widths: [32], patch: 8, input: [1, 32, 32], maskRatio: 0} |"
            + " model.dropPath: got 0.1, but the trainers of run.devices share",
        "method={type: triplet} | run.devices: method triplet trains with one trainer; leave"
            + " run.devices away",
        "method={type: partial-fc, centers: 3} | method.centers: got 3 with 2 trainers, wanted 1",
      })
  void severalDevicesDoNotGoWithEverything(String set, String expected) {
    assertThat(
            ConfigLoaderTest.problems(
                ConfigLoaderTest.SOUND, "method.capacity=32", "run.devices=[0, 1]"))
        .isEmpty();
    String mix = "data.mix={idsAtFirst: 0, from: 10, to: 50}";
    assertThat(ConfigLoaderTest.problems(ConfigLoaderTest.SOUND, mix).toString())
        .contains(
            "method.capacity: got 20, wanted at least 24", "none of the ID loader by data.mix");
    assertThat(ConfigLoaderTest.problems(ConfigLoaderTest.SOUND, "method.capacity=24", mix))
        .isEmpty();
    assertThat(
            ConfigLoaderTest.problems(
                ConfigLoaderTest.SOUND, "method.capacity=32", "run.devices=[0, 1]", set))
        .singleElement()
        .asString()
        .contains(expected);
  }

  @Test
  void aRecordCacheMayTakeHalfOfTheHeap() throws Exception {
    Path file = folder.resolve("e.yaml");
    Files.writeString(file, ConfigLoaderTest.SOUND);
    long half = Runtime.getRuntime().maxMemory() / 2;

    ConfigException failure =
        catchThrowableOfType(
            ConfigException.class,
            () -> new ConfigLoader().load(file, List.of("data.cacheBytes=" + (half + 1)), true));

    assertThat(failure.problems())
        .extracting(Problem::message)
        .anySatisfy(
            message ->
                assertThat(message)
                    .startsWith("got " + (half + 1) + ", wanted at most half of the Java heap")
                    .contains(half + " here"));
  }

  @Test
  void sumsByPyTorchWantTheBridge() {
    Path quickstart = Path.of("../configs/quickstart.yaml");
    List<String> torch = List.of("cluster.sums=torch");
    if (System.getenv("PYTORCH_LIBRARY_PATH") != null) {
      System.out.println("ConfigRulesTest: this process has the bridge");
      abort("the bridge is there");
    }
    assertThat(new ConfigLoader().load(quickstart, torch, false).cluster().sums())
        .isEqualTo(Sums.torch);
    assertThatThrownBy(() -> new ConfigLoader().load(quickstart, torch, true))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "cluster.sums: got torch, but this trainer runs with the natives from Maven, which have"
                + " no collectives; set FFC_TORCH (docs/gpu.md), on all machines, or use auto or"
                + " cluster");
  }

  @Test
  void everyNumberBeyondItsTypeIsOneLineAndNoException() throws IOException {
    Path quickstart = Path.of("../configs/quickstart.yaml");
    Experiment whole = new ConfigLoader().load(quickstart, List.of("cluster={}"), false);
    List<String> numbers = new ArrayList<>(List.of("evaluate.0.every", "run.metricsPort"));
    ConfigWriter.flat(whole)
        .forEach(
            (path, value) -> {
              if (value.matches("[0-9.E-]+")) {
                numbers.add(path);
              }
            });
    numbers.addAll(List.of("optimizer.schedule.milestones", "evaluate.0.at", "run.devices"));
    assertThat(numbers).hasSizeGreaterThan(25).contains("seed", "cluster.quorum", "run.steps");
    for (String path : numbers) {
      boolean list = path.matches(".*(milestones|at|devices)");
      for (String number :
          List.of(
              "1" + "0".repeat(30),
              "-1" + "0".repeat(30),
              "9223372036854775808",
              "1e400",
              "1e30",
              "-1e30")) {
        String value = list ? "[" + number + "]" : number;
        try {
          new ConfigLoader().load(quickstart, List.of("cluster={}", path + "=" + value), false);
        } catch (ConfigException e) {
          assertThat(e.getMessage())
              .as(path + "=" + value)
              .containsPattern("got |does nothing with")
              .doesNotContain("xception", "overflow", "out of range", "tools.jackson", "java.");
        }
      }
    }
  }
}
