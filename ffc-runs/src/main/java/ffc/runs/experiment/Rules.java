package ffc.runs.experiment;

import ffc.core.net.ModelConfig;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfig.Course;
import ffc.exchange.Sums;
import ffc.exchange.hazelcast.ClusterConfig;
import ffc.exchange.hazelcast.ClusterConfig.WirePrecision;
import ffc.loaders.data.DataConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.core.JsonPointer;

/** What must hold between settings. A rule is silent where a setting it reads is itself wrong. */
final class Rules {
  private final Experiment experiment;
  private final ConfigTree tree;
  private final Set<JsonPointer> faulty;
  private final List<Problem> problems;

  Rules(Experiment experiment, ConfigTree tree, Set<JsonPointer> faulty, List<Problem> problems) {
    this.experiment = experiment;
    this.tree = tree;
    this.faulty = faulty;
    this.problems = problems;
  }

  void check() {
    batch();
    mix();
    new ModelRules(experiment, tree, this).check();
    new MethodRules(experiment, tree, this).check();
    optimizer();
    ForeignSettings.check(experiment, tree, this);
    devices();
    new EvaluationRules(experiment, this).check();
    cluster();
  }

  /**
   * Reports what {@code mistake} returns at the setting {@code at}.
   *
   * @param mistake the message, or null if all is well; only asked if everything read is sound
   * @param reads further settings that the rule reads
   */
  void rule(String at, Supplier<String> mistake, String... reads) {
    List<String> all = new ArrayList<>(List.of(reads));
    all.add(at);
    if (all.stream().anyMatch(this::touched)) {
      return;
    }
    String message = mistake.get();
    if (message != null) {
      problems.add(new Problem(place(at, all), at, message));
    }
  }

  /**
   * The setting's own place if it was overridden; else the overrides that took part, likelier
   * culprits than the file.
   */
  private String place(String at, List<String> reads) {
    String own = tree.valuePlace(pointer(at));
    String overrides =
        reads.stream()
            .map(path -> tree.valuePlace(pointer(path)))
            .filter(place -> place.startsWith("--set "))
            .distinct()
            .collect(Collectors.joining(", "));
    return own.startsWith("--set ") || overrides.isEmpty() ? own : overrides;
  }

  private boolean touched(String path) {
    String setting = pointer(path).toString();
    return faulty.stream()
        .map(JsonPointer::toString)
        .anyMatch(
            wrong ->
                setting.equals(wrong)
                    || setting.startsWith(wrong + "/")
                    || wrong.startsWith(setting + "/"));
  }

  static JsonPointer pointer(String dotted) {
    return ConfigTree.pointer(List.of(dotted.split("\\.")));
  }

  private void batch() {
    rule(
        "data.instancesPerBatch",
        () ->
            experiment.data().instancesPerBatch() % 2 == 0
                ? null
                : "got "
                    + experiment.data().instancesPerBatch()
                    + ", wanted an even number: its images go to two sides");
    rule(
        "data.idsPerBatch",
        () ->
            experiment.data().pairsPerBatch() >= 2
                ? null
                : "idsPerBatch + instancesPerBatch / 2 is "
                    + experiment.data().pairsPerBatch()
                    + ", wanted at least 2: batch norm needs two images a side",
        "data.instancesPerBatch");
    rule(
        "run.accumulate",
        () ->
            experiment.run().accumulate() * 2 <= experiment.data().pairsPerBatch()
                    || experiment.run().accumulate() == 1
                ? null
                : "got "
                    + experiment.run().accumulate()
                    + " micro-batches, wanted at least 2 images a side in each (a side has "
                    + experiment.data().pairsPerBatch()
                    + ")",
        "data.idsPerBatch",
        "data.instancesPerBatch");
  }

  private void mix() {
    rule(
        "data.mix.idsAtFirst",
        () -> {
          DataConfig data = experiment.data();
          return data.mix() == null || data.mix().idsAtFirst() <= data.pairsPerBatch()
              ? null
              : "got "
                  + data.mix().idsAtFirst()
                  + ", wanted at most "
                  + data.pairsPerBatch()
                  + ": data.idsPerBatch + data.instancesPerBatch / 2";
        },
        "data.idsPerBatch",
        "data.instancesPerBatch");
    rule(
        "data.mix.to",
        () -> {
          DataConfig.Mix mix = experiment.data().mix();
          return mix == null || mix.to() >= mix.from()
              ? null
              : "got " + mix.to() + ", wanted at least data.mix.from, " + mix.from();
        },
        "data.mix.from");
  }

  private void optimizer() {
    rule(
        "optimizer.nesterov",
        () ->
            experiment.optimizer().nesterov() && experiment.optimizer().momentum() == 0
                ? "Nesterov momentum wants optimizer.momentum above 0"
                : null,
        "optimizer.momentum");
    rule(
        "optimizer.betas",
        () -> {
          List<Double> betas = experiment.optimizer().betas();
          return betas.size() == 2 && betas.stream().allMatch(b -> b >= 0 && b < 1)
              ? null
              : "got " + betas + ", wanted two numbers in [0, 1)";
        });
    rule(
        "optimizer.schedule.milestones",
        this::milestonesMistake,
        "optimizer.schedule.type",
        "optimizer.schedule.steps",
        "run.steps");
  }

  private String milestonesMistake() {
    OptimizerConfig.ScheduleConfig schedule = experiment.optimizer().schedule();
    List<Long> milestones = schedule.milestones();
    if (schedule.type() != Course.multistep) {
      return null;
    }
    if (milestones.isEmpty()) {
      return "missing; schedule multistep needs the steps at which the rate drops";
    }
    long length = schedule.steps() == null ? experiment.run().steps() : schedule.steps();
    long before = 0;
    for (long milestone : milestones) {
      if (milestone <= before) {
        return "got " + milestones + ", wanted rising steps";
      }
      before = milestone;
    }
    return before < length
        ? null
        : "got a milestone at " + before + ", wanted one before the schedule's end at " + length;
  }

  private void cluster() {
    ClusterConfig cluster = experiment.cluster();
    if (cluster == null) {
      return;
    }
    rule(
        "cluster.rank",
        () ->
            cluster.rank() < cluster.trainers()
                ? null
                : "got "
                    + cluster.rank()
                    + ", wanted below cluster.trainers ("
                    + cluster.trainers()
                    + ")",
        "cluster.trainers");
    rule("cluster.trainers", () -> oneTrainerOnly("section cluster"), "method.type");
    rule(
        "cluster.sums",
        () ->
            cluster.sums() == Sums.torch && cluster.gradients() == WirePrecision.bf16
                ? "got torch with cluster.gradients bf16, which PyTorch would also add up in bf16;"
                    + " wanted cluster, or gradients fp32"
                : null,
        "cluster.gradients");
  }

  /** The mistake if several trainers are asked for and the method knows one only. */
  private String oneTrainerOnly(String what) {
    return experiment.method().severalTrainers()
        ? null
        : "method "
            + experiment.method().type()
            + " trains with one trainer; leave "
            + what
            + " away, or use "
            + String.join(" or ", Methods.ofSeveralTrainers());
  }

  private void devices() {
    rule(
        "run.devices",
        () -> {
          List<Integer> devices = experiment.run().devices();
          if (experiment.cluster() != null && !devices.isEmpty()) {
            return "got "
                + devices
                + " beside section cluster, whose trainers are processes with a GPU each; leave"
                + " run.devices away and set cluster.devices";
          }
          if (devices.size() < 2) {
            return null;
          }
          if (devices.stream().distinct().count() < devices.size()) {
            return "got " + devices + ", wanted each GPU once: it has one trainer";
          }
          return oneTrainerOnly("run.devices");
        },
        "method.type",
        "cluster");
    drawsNothing("model.dropout", ModelConfig::dropout);
    drawsNothing("model.dropPath", ModelConfig::dropPath);
    drawsNothing("model.maskRatio", ModelConfig::maskRatio);
  }

  private void drawsNothing(String setting, Function<ModelConfig, Double> value) {
    rule(
        setting,
        () -> {
          Double probability = value.apply(experiment.model());
          return experiment.run().devices().size() < 2 || probability == null || probability == 0
              ? null
              : "got "
                  + probability
                  + ", but the trainers of run.devices share the engine's generator and would not"
                  + " draw the same values again; wanted 0, or cluster.devices";
        },
        "model.backbone",
        "run.devices");
  }
}
