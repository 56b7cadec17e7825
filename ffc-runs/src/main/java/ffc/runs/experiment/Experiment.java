package ffc.runs.experiment;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.method.MethodConfig;
import ffc.core.method.RunConfig;
import ffc.core.net.ModelConfig;
import ffc.core.optim.OptimizerConfig;
import ffc.eval.EvaluateConfig;
import ffc.exchange.hazelcast.ClusterConfig;
import ffc.loaders.data.Counted;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.ImageShape;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.PositiveOrZero;
import java.util.List;
import java.util.Optional;

/**
 * A whole experiment file: everything that decides what a run computes. Optional settings that the
 * file leaves out hold their defaults.
 */
@RecordBuilder
public record Experiment(
    @NotNull
        @Pattern(regexp = "[A-Za-z0-9][A-Za-z0-9._-]*")
        @JsonPropertyDescription("Name of the experiment: letters, digits, '.', '_' and '-'")
        String name,
    @PositiveOrZero
        @JsonPropertyDescription("Seed of weights, sample order and augmentation (default 0)")
        Long seed,
    @NotNull @JsonPropertyDescription("What is trained on and how batches are drawn")
        DataConfig data,
    @NotNull @JsonPropertyDescription("The backbone") ModelConfig model,
    @NotNull @JsonPropertyDescription("The training method and its settings") MethodConfig method,
    @NotNull @JsonPropertyDescription("Optimiser and learning-rate schedule")
        OptimizerConfig optimizer,
    @NotNull @JsonPropertyDescription("Length, precision, device and records of the run")
        RunConfig run,
    @JsonPropertyDescription("Sets the model is judged on (default none)")
        List<@NotNull EvaluateConfig> evaluate,
    @JsonPropertyDescription("Several trainers and the network between them (default: one alone)")
        ClusterConfig cluster)
    implements MethodConfig.Peers {

  public Experiment {
    seed = seed == null ? 0L : seed;
    evaluate = evaluate == null ? List.of() : List.copyOf(evaluate);
  }

  @Override
  public int trainers() {
    return cluster == null ? Math.max(1, run.devices().size()) : cluster.trainers();
  }

  /** The sets that the run judges: with {@code run.ema} those of the probe by its average, too. */
  public List<EvaluateConfig> judged() {
    return run.ema() == null ? evaluate : EvaluateConfig.withAverage(evaluate);
  }

  /** What to know of parts of the network that the run would never free again; else empty. */
  public Optional<String> frozenToTheEnd() {
    Long until = model.freezeUntil();
    return until == null || until < run.steps()
        ? Optional.empty()
        : Optional.of(
            "model.freezeUntil is %d, but the run ends after %s: never trained: %s"
                .formatted(
                    until, Counted.of(run.steps(), "step"), String.join(", ", model.freeze())));
  }

  /** Shape of the images that the network takes, and what happens to those of another size. */
  public ImageShape shape() {
    return model.shape().resized(data.resize());
  }
}
