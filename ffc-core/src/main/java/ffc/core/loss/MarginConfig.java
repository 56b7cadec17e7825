package ffc.core.loss;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;
import java.util.List;

/**
 * The margin of a softmax loss and the scale of its logits. Settings that are not the family's own
 * are null.
 */
@RecordBuilder
public record MarginConfig(
    @JsonPropertyDescription("cosface (default), arcface, combined, sv or normface") Type type,
    @DecimalMin("0")
        @DecimalMax("1.5708")
        @JsonPropertyDescription(
            "cosface, sv: subtracted from the cosine, at most 1 (default 0.4); arcface: added to the"
                + " angle in radians (default 0.5)")
        Double margin,
    @Positive @JsonPropertyDescription("Scale s of the logits (default 32)") Double scale,
    @Positive
        @DecimalMax("10")
        @JsonPropertyDescription("combined: factor m1 of the angle (default 1)")
        Double m1,
    @DecimalMin("0")
        @DecimalMax("1.5708")
        @JsonPropertyDescription("combined: m2, added to the angle in radians (default 0.3)")
        Double m2,
    @DecimalMin("0")
        @DecimalMax("1")
        @JsonPropertyDescription("combined: m3, subtracted from the cosine (default 0.2)")
        Double m3,
    @DecimalMin("1")
        @DecimalMax("10")
        @JsonPropertyDescription("sv: weight t of hard negatives (default 1.2)")
        Double t,
    @JsonPropertyDescription(
            "arcface, combined: exact (default; the gradient goes through the angle, slope"
                + " sin(angle + m) / sin(angle) for arcface) or detached (the margin shifts the cosine"
                + " without gradient, slope 1, as InsightFace's code has it)")
        AngleGradient angleGradient) {

  /** Margin families, each with the settings that it has beside the scale. */
  public enum Type {
    cosface("margin"),
    arcface("margin", "angleGradient"),
    combined("m1", "m2", "m3", "angleGradient"),
    sv("margin", "t"),
    normface();

    private final List<String> settings;

    Type(String... settings) {
      this.settings = List.of(settings);
    }

    /** Names of the settings, as they stand in a config; not {@code type} nor {@code scale}. */
    public List<String> settings() {
      return settings;
    }

    /** Largest value of {@code margin}. */
    public double largestMargin() {
      return this == arcface ? Math.PI / 2 : 1;
    }

    private <V> V own(String setting, V given, V standard) {
      if (!settings.contains(setting)) {
        return null;
      }
      return given == null ? standard : given;
    }
  }

  /** What a margin that is added to the angle makes of the gradient. */
  public enum AngleGradient {
    exact,
    detached
  }

  public MarginConfig {
    type = type == null ? Type.cosface : type;
    margin = type.own("margin", margin, type == Type.arcface ? 0.5 : 0.4);
    scale = scale == null ? 32.0 : scale;
    m1 = type.own("m1", m1, 1.0);
    m2 = type.own("m2", m2, 0.3);
    m3 = type.own("m3", m3, 0.2);
    t = type.own("t", t, 1.2);
    angleGradient = type.own("angleGradient", angleGradient, AngleGradient.exact);
  }

  /** Every default: cosface. */
  public static MarginConfig standard() {
    return new MarginConfig(null, null, null, null, null, null, null, null);
  }
}
