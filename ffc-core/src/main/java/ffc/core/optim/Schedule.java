package ffc.core.optim;

import ffc.core.optim.OptimizerConfig.ScheduleConfig;

/** Learning rate as a function of the step: a linear warm-up, then a course to the end. */
public final class Schedule {
  private final double peak;
  private final ScheduleConfig config;
  private final long steps;

  /**
   * @param peak rate after warm-up
   * @param config the course
   * @param runSteps length of the schedule unless it sets its own
   */
  public Schedule(double peak, ScheduleConfig config, long runSteps) {
    this.peak = peak;
    this.config = config;
    this.steps = config.steps() == null ? runSteps : config.steps();
  }

  /**
   * Rate of a step.
   *
   * @param step steps completed before it, from 0; beyond the schedule's end the final rate holds
   */
  public double at(long step) {
    int warmup = config.warmupSteps();
    if (step < warmup) {
      return peak * (step + 1) / warmup;
    }
    // The course spans the steps after warm-up; a warm-up longer than the run leaves none.
    double done = steps <= warmup ? 1 : Math.min(1, (double) (step - warmup) / (steps - warmup));
    double end = config.finalRate();
    return switch (config.type()) {
      case constant -> peak;
      case linear -> peak + (end - peak) * done;
      case cosine -> end + (peak - end) * (1 + Math.cos(Math.PI * done)) / 2;
      case polynomial -> end + (peak - end) * Math.pow(1 - done, config.power());
      case multistep ->
          peak
              * Math.pow(
                  config.gamma(), config.milestones().stream().filter(m -> step >= m).count());
    };
  }
}
