package ffc.pfc.partialfc;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.loss.MarginConfig;
import ffc.core.method.MethodConfig;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;

/** Settings of the method {@code partial-fc}; {@code sampleRate: 1} is the full FC layer. */
public record PartialFcConfig(
    @JsonPropertyDescription("partial-fc") String type,
    @DecimalMin("0")
        @DecimalMax("1")
        @JsonPropertyDescription(
            "Share r of the classes in the logits of a step: all positives and random negatives;"
                + " 1 is full FC (default 0.1)")
        Double sampleRate,
    @JsonPropertyDescription(
            "sparse (default): only sampled rows and their optimiser state move; dense: momentum"
                + " and weight decay move every row")
        Update update,
    @JsonPropertyDescription("Margin softmax over the sampled classes") MarginConfig margin,
    @DecimalMin("-1")
        @DecimalMax("1")
        @JsonPropertyDescription(
            "Negatives with a higher cosine are ignored, for noisy labels; absent = none")
        Double interClassThreshold,
    @JsonPropertyDescription("memory (default) or mapped: class centres in files") Storage storage,
    @JsonPropertyDescription("storage mapped: folder on a disk with room for the tables")
        String folder)
    implements MethodConfig {

  /** Which rows of the class centres an update moves. */
  public enum Update {
    sparse,
    dense
  }

  /** Where class centres and their optimiser state live. */
  public enum Storage {
    memory,
    mapped
  }

  public PartialFcConfig {
    type = type == null ? "partial-fc" : type;
    sampleRate = sampleRate == null ? 0.1 : sampleRate;
    update = update == null ? Update.sparse : update;
    margin = margin == null ? MarginConfig.standard() : margin;
    storage = storage == null ? Storage.memory : storage;
  }
}
