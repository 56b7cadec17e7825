package ffc.runs.experiment;

import ffc.core.method.DependentSetting;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfig.Course;
import ffc.core.optim.OptimizerConfig.Type;
import ffc.exchange.hazelcast.ClusterConfig.OnLoss;
import ffc.loaders.data.DataConfig.OnCorrupt;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Settings that only some types of their section know, and that do nothing beside another type. The
 * settings of margins have rules of their own.
 *
 * @param path the setting
 * @param types the types that know it, as they stand in a config
 * @param type the setting that names the type
 * @param got the experiment's type
 */
record ForeignSettings(String path, List<String> types, String type, String got) {
  private static final String SCHEDULE = "optimizer.schedule.";

  /** What {@code config.resolved.yaml} spells out whatever the types. */
  private static final List<String> RESOLVED =
      List.of(
          "optimizer.momentum",
          "optimizer.nesterov",
          "optimizer.weightDecay",
          "optimizer.betas",
          "optimizer.epsilon",
          SCHEDULE + "warmupSteps",
          SCHEDULE + "milestones",
          SCHEDULE + "gamma",
          SCHEDULE + "power",
          SCHEDULE + "finalRate");

  /** Those that the types of an experiment do not know, given or not. */
  static List<ForeignSettings> of(Experiment experiment) {
    List<ForeignSettings> all = new ArrayList<>();
    if (experiment.optimizer() != null) { // null where the section itself is wrong
      ofOptimizer(all, experiment.optimizer());
    }
    if (experiment.cluster() != null) {
      String policy = "cluster.onLoss";
      add(all, "cluster.quorum", policy, experiment.cluster().onLoss(), OnLoss.shrink);
    }
    if (experiment.data() != null) {
      OnCorrupt policy = experiment.data().onCorrupt();
      add(all, "data.corruptBudget", "data.onCorrupt", policy, OnCorrupt.skip);
    }
    if (experiment.method() != null) {
      for (DependentSetting setting : experiment.method().dependentSettings()) {
        add(all, setting.setting(), setting.on(), setting.got(), setting.wanted().toArray());
      }
    }
    return all;
  }

  private static void ofOptimizer(List<ForeignSettings> all, OptimizerConfig optimizer) {
    for (String setting : List.of("momentum", "nesterov")) {
      add(all, "optimizer." + setting, "optimizer.type", optimizer.type(), Type.sgd);
    }
    for (String setting : List.of("betas", "epsilon")) {
      add(all, "optimizer." + setting, "optimizer.type", optimizer.type(), Type.adamw);
    }
    String type = SCHEDULE + "type";
    Course course = optimizer.schedule().type();
    // The end of multistep bounds its milestones.
    Course[] ending = {Course.linear, Course.cosine, Course.multistep, Course.polynomial};
    add(all, SCHEDULE + "steps", type, course, ending);
    add(all, SCHEDULE + "milestones", type, course, Course.multistep);
    add(all, SCHEDULE + "gamma", type, course, Course.multistep);
    add(all, SCHEDULE + "power", type, course, Course.polynomial);
    Course[] falling = {Course.linear, Course.cosine, Course.polynomial};
    add(all, SCHEDULE + "finalRate", type, course, falling);
  }

  private static void add(
      List<ForeignSettings> all, String path, String type, Object got, Object... types) {
    List<String> names = List.of(types).stream().map(Object::toString).toList();
    if (!names.contains(got.toString())) {
      all.add(new ForeignSettings(path, names, type, got.toString()));
    }
  }

  /** Refuses those that the user has written. */
  static void check(Experiment experiment, ConfigTree tree, Rules rules) {
    if (RESOLVED.stream().allMatch(path -> isGiven(tree, path))) {
      return;
    }
    for (ForeignSettings setting : of(experiment)) {
      if (isGiven(tree, setting.path)) {
        rules.rule(setting.path, setting::mistake, setting.type);
      }
    }
  }

  private static boolean isGiven(ConfigTree tree, String path) {
    JsonNode value = tree.at(ConfigTree.pointer(List.of(path.split("\\."))));
    return !value.isMissingNode() && !value.isNull();
  }

  private String mistake() {
    int last = types.size() - 1;
    return "does nothing with "
        + type
        + " "
        + got
        + ", only with "
        + (last == 0 ? "" : String.join(", ", types.subList(0, last)) + " and ")
        + types.get(last)
        + "; leave it out (--set "
        + path
        + "= takes it out)";
  }
}
