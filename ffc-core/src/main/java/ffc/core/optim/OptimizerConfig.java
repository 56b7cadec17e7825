package ffc.core.optim;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.net.Architecture;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Section {@code optimizer} of an experiment, for the probe network and trained class centres. */
@RecordBuilder
public record OptimizerConfig(
    @JsonPropertyDescription("sgd (default) or adamw") Type type,
    @NotNull @Positive @JsonPropertyDescription("Peak learning rate") Double learningRate,
    @DecimalMin("0") @DecimalMax("0.9999") @JsonPropertyDescription("sgd: momentum (default 0.9)")
        Double momentum,
    @JsonPropertyDescription("sgd: Nesterov momentum (default false)") Boolean nesterov,
    @PositiveOrZero
        @JsonPropertyDescription(
            "Weight decay: added to the gradient by sgd, decoupled in adamw (default 0)")
        Double weightDecay,
    @JsonPropertyDescription(
            "Weights of the network that decay: all (default), or matrices: neither biases, nor"
                + " norms, slopes, positions and tokens")
        Decays decays,
    @JsonPropertyDescription("adamw: decay of the two moments (default [0.9, 0.999])")
        List<Double> betas,
    @Positive @JsonPropertyDescription("adamw: term added to the denominator (default 1e-8)")
        Double epsilon,
    @JsonPropertyDescription(
            "Factors of the learning rate for parts of the network, such as {trunk: 0.1, layer4:"
                + " 0.5}: the names of model.freeze, of which a part's own counts before trunk;"
                + " class centres have the rate itself (default: none)")
        Map<String, Double> rates,
    @Positive
        @DecimalMax("1")
        @JsonPropertyDescription(
            "Factor of the learning rate from each part of the network to the one before it, such as"
                + " 0.75: the embedding and class centres have the rate itself, the last block 0.75"
                + " of it, the stem least; instead of rates (default: none)")
        Double layerDecay,
    @JsonPropertyDescription("Course of the learning rate (default constant)")
        ScheduleConfig schedule,
    @Positive @JsonPropertyDescription("Largest global norm of the gradient; absent = no clipping")
        Double clipNorm) {

  /**
   * Factor of the learning rate for a part of the network.
   *
   * @param parts all of them, in the order that an image passes them
   */
  public double rate(String part, List<String> parts) {
    if (layerDecay != null) {
      return Math.pow(layerDecay, parts.size() - 1 - parts.indexOf(part));
    }
    return rates.getOrDefault(
        part,
        part.equals(Architecture.EMBEDDING) ? 1.0 : rates.getOrDefault(Architecture.TRUNK, 1.0));
  }

  /** Update rules. */
  public enum Type {
    sgd,
    adamw
  }

  /** Weights that decay. */
  public enum Decays {
    all,
    /** Weights of products and filters: neither vectors nor what is added to values. */
    matrices
  }

  /** Courses of the learning rate after warm-up. */
  public enum Course {
    constant,
    linear,
    cosine,
    multistep,
    polynomial
  }

  /** Learning-rate schedule: a linear warm-up, then a course to the end. */
  @RecordBuilder
  public record ScheduleConfig(
      @JsonPropertyDescription("constant (default), linear, cosine, multistep or polynomial")
          Course type,
      @PositiveOrZero @JsonPropertyDescription("Steps of linear warm-up from 0 (default 0)")
          Integer warmupSteps,
      @Min(1) @JsonPropertyDescription("Length of the schedule (default run.steps)") Long steps,
      @JsonPropertyDescription("multistep: steps at which the rate is multiplied by gamma")
          List<@Positive Long> milestones,
      @Positive @JsonPropertyDescription("multistep: factor at each milestone (default 0.1)")
          Double gamma,
      @Positive @JsonPropertyDescription("polynomial: power (default 2)") Double power,
      @PositiveOrZero @JsonPropertyDescription("linear, cosine, polynomial: final rate (default 0)")
          Double finalRate) {
    public ScheduleConfig {
      type = type == null ? Course.constant : type;
      warmupSteps = warmupSteps == null ? 0 : warmupSteps;
      milestones = milestones == null ? List.of() : List.copyOf(milestones);
      gamma = gamma == null ? 0.1 : gamma;
      power = power == null ? 2.0 : power;
      finalRate = finalRate == null ? 0.0 : finalRate;
    }
  }

  public OptimizerConfig {
    type = type == null ? Type.sgd : type;
    momentum = momentum == null ? 0.9 : momentum;
    nesterov = nesterov != null && nesterov;
    weightDecay = weightDecay == null ? 0.0 : weightDecay;
    decays = decays == null ? Decays.all : decays;
    betas = betas == null ? List.of(0.9, 0.999) : List.copyOf(betas);
    epsilon = epsilon == null ? 1e-8 : epsilon;
    rates = rates == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(rates));
    schedule = schedule == null ? OptimizerConfigScheduleConfigBuilder.builder().build() : schedule;
  }
}
