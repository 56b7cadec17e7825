package ffc.core;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;

/** The margin of a softmax loss and the scale of its logits. */
public record MarginConfig(
    @JsonPropertyDescription("cosface (default), arcface, combined, sv or normface") Type type,
    @JsonPropertyDescription(
            "cosface, sv: subtracted from the cosine (default 0.4); arcface: added to the angle in"
                + " radians (default 0.5)")
        Double margin,
    @Positive @JsonPropertyDescription("Scale s of the logits (default 32)") Double scale,
    @JsonPropertyDescription("combined: factor m1 of the angle (default 1)") Double m1,
    @JsonPropertyDescription("combined: m2, added to the angle (default 0.3)") Double m2,
    @JsonPropertyDescription("combined: m3, subtracted from the cosine (default 0.2)") Double m3,
    @DecimalMin("1") @JsonPropertyDescription("sv: weight t of hard negatives (default 1.2)")
        Double t) {

  /** Margin families. */
  public enum Type {
    cosface,
    arcface,
    combined,
    sv,
    normface
  }

  public MarginConfig {
    type = type == null ? Type.cosface : type;
    margin = margin == null ? (type == Type.arcface ? 0.5 : 0.4) : margin;
    scale = scale == null ? 32.0 : scale;
    m1 = m1 == null ? 1.0 : m1;
    m2 = m2 == null ? 0.3 : m2;
    m3 = m3 == null ? 0.2 : m3;
    t = t == null ? 1.2 : t;
  }
}
