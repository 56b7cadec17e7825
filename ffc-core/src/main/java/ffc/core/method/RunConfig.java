package ffc.core.method;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.net.Precision;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.util.List;

/** Section {@code run} of an experiment: how long, how precise, where, and what is kept. */
@RecordBuilder
public record RunConfig(
    @NotNull @Positive @JsonPropertyDescription("Steps to train") Long steps,
    @JsonPropertyDescription("fp32 (default), tf32 (fp32 whose products a GPU may round) or bf16")
        Precision precision,
    @Positive @JsonPropertyDescription("Steps between reports (default 20)") Integer reportEvery,
    @PositiveOrZero
        @JsonPropertyDescription("Steps between checkpoints; 0 = at the end only (default 1000)")
        Integer checkpointEvery,
    @Min(1) @JsonPropertyDescription("Checkpoints kept beside the best one (default 3)")
        Integer keepCheckpoints,
    @JsonPropertyDescription(
            "Figure that decides which checkpoint is the best, as <set>.<metric>, for example"
                + " open.tar_at_far.1e-3")
        String best,
    @DecimalMin("0")
        @DecimalMax("0.99999")
        @JsonPropertyDescription(
            "Keep a moving average of the probe's weights and running statistics as well, with this"
                + " decay, such as 0.999, or (1 + step) / (10 + step) while that is less; it is"
                + " judged as <set>@ema beside the probe (default: none)")
        Double ema,
    @JsonPropertyDescription("auto (default), cpu or gpu") Device device,
    @JsonPropertyDescription(
            "GPUs of this process, numbered from 0, with a trainer each, such as [0, 1] (default:"
                + " the first one)")
        List<@PositiveOrZero Integer> devices,
    @Min(1) @JsonPropertyDescription("Compute threads (default: all cores of the machine)")
        Integer threads,
    @Min(1)
        @JsonPropertyDescription(
            "Micro-batches a step is cut into, for batches larger than memory (default 1)")
        Integer accumulate,
    @JsonPropertyDescription(
            "Keep the inputs of the network's blocks alone and compute the rest once more on the way"
                + " back: less memory, more time, the same numbers (default false)")
        Boolean checkpointActivations,
    @JsonPropertyDescription(
            "A loss or gradient that is not finite: stop (default) or skip (drop the step and"
                + " count it)")
        OnNonFinite onNonFinite,
    @JsonPropertyDescription("Write where the time of a step goes (default false)") Boolean profile,
    @Min(0)
        @Max(65535)
        @JsonPropertyDescription(
            "Serve a live page and Prometheus metrics on this port of the loopback address; 0 = any"
                + " free one (default: not at all)")
        Integer metricsPort) {

  /** Where the networks run. */
  public enum Device {
    auto,
    cpu,
    gpu
  }

  /** Policy for a step whose loss or gradient is not finite. */
  public enum OnNonFinite {
    stop,
    skip
  }

  public RunConfig {
    precision = precision == null ? Precision.fp32 : precision;
    reportEvery = reportEvery == null ? 20 : reportEvery;
    checkpointEvery = checkpointEvery == null ? 1000 : checkpointEvery;
    keepCheckpoints = keepCheckpoints == null ? 3 : keepCheckpoints;
    device = device == null ? Device.auto : device;
    devices = devices == null ? List.of() : List.copyOf(devices);
    threads = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    accumulate = accumulate == null ? 1 : accumulate;
    checkpointActivations = checkpointActivations != null && checkpointActivations;
    onNonFinite = onNonFinite == null ? OnNonFinite.stop : onNonFinite;
    profile = profile != null && profile;
  }
}
