package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.engine.HostReads;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;
import java.util.List;

/**
 * CurricularFace (Huang et al., CVPR 2020): the target is ArcFace's, cos(θ + m), and every other
 * cosine c above it, a hard negative, becomes c (t + c). The curriculum is t, the running mean of
 * the cosines to the own class: near 0 at first, so that hard negatives count little, and growing
 * with the network. What is hard is judged by cos(θ + m) as it is, also beyond θ + m = π.
 *
 * <p>Departure from the authors' code: a step goes by the t of the steps before it, and counts once
 * however many sides, slices or trainers it has.
 */
public record CurricularFace(double m, double tAlpha) implements MarginRule {
  // B rows, K columns (class features)

  @Override
  public Margin of(Samples samples, double[] state) {
    return new At(new ArcFace(m, true), m, state[0]);
  }

  private record At(ArcFace arc, double m, double t) implements Margin {
    @Override
    public Target target(NDArray targetB) {
      return arc.target(targetB);
    }

    @Override
    public NDArray negatives(NDArray cosBK, NDArray targetB) {
      NDArray shiftedB = new ArcFace(m, false).target(targetB).valueB();
      NDArray hard = cosBK.gt(shiftedB.reshape(-1, 1)).toType(cosBK.getDataType(), false);
      NDArray slope = cosBK.mul(2).addi(t - 1).muli(hard).addi(1);
      // c + hard (c (t + c) − c) = c + hard c (c + t − 1)
      cosBK.addi(cosBK.add(t - 1).muli(cosBK).muli(hard));
      return slope;
    }

    @Override
    public boolean changesNegatives() {
      return true;
    }

    @Override
    public double largestNegative() {
      return 1 + Math.abs(t);
    }
  }

  @Override
  public List<String> names() {
    return List.of("t");
  }

  @Override
  public double[] initial() {
    return new double[] {0};
  }

  /** Number and sum of the cosines. */
  @Override
  public double[] sums(NDArray targetB, Samples samples) {
    double[] cosines = HostReads.doubles(targetB);
    double sum = 0;
    for (double cosine : cosines) {
      sum += cosine;
    }
    return new double[] {cosines.length, sum};
  }

  @Override
  public double[] next(double[] state, double[] sums) {
    return new double[] {tAlpha * sums[1] / sums[0] + (1 - tAlpha) * state[0]};
  }

  /** Settings of {@code margin: {type: curricularface}}. */
  @RecordBuilder
  public record Config(
      @DecimalMin("0")
          @DecimalMax("1.5708")
          @JsonPropertyDescription("m, added to the angle in radians (default 0.5)")
          Double margin,
      @Positive @JsonPropertyDescription("Scale s of the logits (default 64)") Double scale,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Weight of a step's cosines in t, their running mean (default 0.01)")
          Double tAlpha)
      implements MarginConfig {
    public Config {
      margin = margin == null ? 0.5 : margin;
      scale = scale == null ? 64.0 : scale;
      tAlpha = tAlpha == null ? 0.01 : tAlpha;
    }

    @Override
    public MarginRule create() {
      return new CurricularFace(margin, tAlpha);
    }
  }
}
