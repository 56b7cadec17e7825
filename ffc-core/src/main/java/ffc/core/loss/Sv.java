package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;

/**
 * Support vector (Wang et al. 2018, SV-X-Softmax with additive margin): the target p becomes p − m
 * if p > m; every other cosine c above p − m becomes t c + t − 1.
 */
public record Sv(double m, double t) implements Margin {
  @Override
  public Target target(NDArray targetB) {
    return new Target(NDArrays.where(targetB.gt(m), targetB.sub(m), targetB), targetB.onesLike());
  }

  @Override
  public NDArray negatives(NDArray cosBK, NDArray targetB) {
    NDArray hard = cosBK.gt(targetB.sub(m).reshape(-1, 1)).toType(cosBK.getDataType(), false);
    // c + hard (t c + t − 1 − c) = c + hard (t − 1) (c + 1)
    NDArray change = cosBK.add(1).muli(hard).muli(t - 1);
    cosBK.addi(change);
    return hard.muli(t - 1).addi(1);
  }

  @Override
  public boolean changesNegatives() {
    return true;
  }

  @Override
  public double largestNegative() {
    return 2 * t - 1;
  }

  /** Settings of {@code margin: {type: sv}}. */
  @RecordBuilder
  public record Config(
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription("m, subtracted from the cosine (default 0.4)")
          Double margin,
      @Positive @JsonPropertyDescription("Scale s of the logits (default 32)") Double scale,
      @DecimalMin("1")
          @DecimalMax("10")
          @JsonPropertyDescription("Weight t of hard negatives (default 1.2)")
          Double t)
      implements MarginConfig {
    public Config {
      margin = margin == null ? 0.4 : margin;
      scale = scale == null ? 32.0 : scale;
      t = t == null ? 1.2 : t;
    }

    @Override
    public Margin create() {
      return new Sv(margin, t);
    }
  }
}
