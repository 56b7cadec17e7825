package ffc.runs.experiment;

import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.util.ArrayList;
import java.util.List;

/** What must hold between an experiment and its training set, known once that is open. */
public final class DatasetRules {
  private DatasetRules() {}

  /**
   * Checks an experiment against its data.
   *
   * @param trial whether the run was cut down by {@link Trial}: its length is then not its own
   * @return what works but is hardly meant, a line each
   * @throws IllegalArgumentException if there is nothing to tell apart: fewer than two identities
   */
  public static List<String> check(Experiment experiment, Dataset data, boolean trial) {
    long identities = data.identities();
    if (identities < 2) {
      throw new IllegalArgumentException(
          ("data.train.path: %s has %d identity, wanted at least 2: there is nothing to tell it from;"
                  + " folders want a sub-folder for each identity")
              .formatted(data.name(), identities));
    }
    List<String> warnings = new ArrayList<>();
    long drawn = (long) experiment.trainers() * experiment.data().idsPerBatch();
    if (drawn > identities) {
      warnings.add(
          "data.idsPerBatch draws %d identities a step, the set has %d: some come twice in a step"
              .formatted(drawn, identities));
    }
    warnings.addAll(experiment.method().warnings(identities));
    DataConfig.Mix mix = experiment.data().mix();
    if (!trial && mix != null && mix.from() >= experiment.run().steps()) {
      warnings.add(
          "data.mix begins to move at step %d, the run ends at step %d: the ID loader draws %d all along"
              .formatted(mix.from(), experiment.run().steps(), mix.idsAtFirst()));
    }
    int warmup = experiment.optimizer().schedule().warmupSteps();
    if (!trial && warmup >= experiment.run().steps()) {
      warnings.add(
          "optimizer.schedule.warmupSteps is %d, the run ends at step %d: it never reaches its rate"
              .formatted(warmup, experiment.run().steps()));
    }
    return warnings;
  }
}
