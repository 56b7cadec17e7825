package ffc.core.method;

import ffc.loaders.data.DataConfig;
import java.util.List;

/**
 * Section {@code method} of an experiment: the settings of one method, and what others must know of
 * it. Each method brings its own record and a {@link MethodProvider} that names it.
 */
public interface MethodConfig {
  /** Name of the method as {@code method.type} writes it. */
  String type();

  /** Name in tables: the type, and what tells apart variants of one type. */
  default String label() {
    return type();
  }

  /** Whether several trainers can train it: by replicas of an ID group, or by shares. */
  default boolean severalTrainers() {
    return false;
  }

  /** Predicted bytes, in the memory of one trainer, of what the method keeps beside the probe. */
  Footprint footprint(StepSizes sizes);

  /** Bytes that it keeps on the disk of one trainer, beside checkpoints. */
  default long diskBytes(StepSizes sizes) {
    return 0;
  }

  /** What one of several trainers sends in a step beside the probe's gradients. */
  default Traffic traffic(StepSizes sizes) {
    return Traffic.NONE;
  }

  /** What must hold between these settings and others of the experiment. */
  default List<SettingCheck> checks(Peers peers) {
    return List.of();
  }

  /** Settings that do nothing beside the value that another one has. */
  default List<DependentSetting> dependentSettings() {
    return List.of();
  }

  /**
   * What works with a training set but is hardly meant, a line each.
   *
   * @param identities of the set
   */
  default List<String> warnings(long identities) {
    return List.of();
  }

  /** Other sections of an experiment; one that is itself wrong is null: ask within a check. */
  interface Peers {
    /** What is trained on and how batches are drawn. */
    DataConfig data();

    /** Number of trainers whose batches make up a step. */
    int trainers();
  }
}
