package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.engine.HostReads;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;
import java.util.List;

/**
 * cos(θ − m z) − (m + m z) (AdaFace, Kim et al., CVPR 2022): the norm of an embedding, a measure of
 * the image's quality, shapes the margin. z = h (norm − mean) / (std + ε), within ±1; mean and
 * standard deviation follow the norms of the batches. Norms are clipped to [0.001, 100] and
 * constants to the gradient. Angles keep ε = 0.001 from 0 and π, as in the authors' code: beyond,
 * the value is constant and its slope 0.
 *
 * <p>Departure from the authors' code: a step's margins go by the statistics before it, and a step
 * counts once however many sides, slices or trainers it has.
 */
public record AdaFace(double m, double h, double tAlpha) implements MarginRule {
  // B samples

  private static final double EPSILON = 1e-3;
  private static final double LEAST_NORM = 1e-3;
  private static final double LARGEST_NORM = 100;

  @Override
  public Margin of(Samples samples, double[] state) {
    NDArray zB =
        samples
            .normB()
            .clip(LEAST_NORM, LARGEST_NORM)
            .subi(state[0])
            .muli(h / (state[1] + EPSILON))
            .clip(-1, 1);
    return targetB -> target(targetB, zB);
  }

  private Margin.Target target(NDArray targetB, NDArray zB) {
    NDArray c = targetB.clip(-1 + EPSILON, 1 - EPSILON);
    NDArray angle = c.acos().subi(zB.mul(m));
    NDArray within = angle.clip(EPSILON, Math.PI - EPSILON);
    NDArray value = within.cos().subi(zB.mul(m).addi(m));
    // d cos(θ − m z) / dc = sin(θ − m z) / sin θ
    NDArray slope = within.sin().divi(c.square().neg().addi(1).sqrt());
    NDArray free = within.eq(angle).logicalAnd(c.eq(targetB));
    return new Margin.Target(value, NDArrays.where(free, slope, slope.zerosLike()));
  }

  @Override
  public List<String> names() {
    return List.of("norm_mean", "norm_std");
  }

  /** Where the authors' code begins. */
  @Override
  public double[] initial() {
    return new double[] {20, 100};
  }

  /** Number, sum and sum of squares of the norms. */
  @Override
  public double[] sums(NDArray targetB, Samples samples) {
    double[] sums = new double[3];
    for (double norm : HostReads.doubles(samples.normB())) {
      double clipped = Math.min(LARGEST_NORM, Math.max(LEAST_NORM, norm));
      sums[0]++;
      sums[1] += clipped;
      sums[2] += clipped * clipped;
    }
    return sums;
  }

  @Override
  public double[] next(double[] state, double[] sums) {
    double n = sums[0];
    double mean = sums[1] / n;
    // One norm has no deviation.
    double std = n < 2 ? state[1] : Math.sqrt(Math.max(0, (sums[2] - sums[1] * mean) / (n - 1)));
    return new double[] {
      tAlpha * mean + (1 - tAlpha) * state[0], tAlpha * std + (1 - tAlpha) * state[1]
    };
  }

  /** Settings of {@code margin: {type: adaface}}. */
  @RecordBuilder
  public record Config(
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription("m, the margin of an embedding of average norm (default 0.4)")
          Double margin,
      @Positive @JsonPropertyDescription("Scale s of the logits (default 64)") Double scale,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "h: share of the margin that a norm one standard deviation off moves (default 0.333)")
          Double h,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Weight of a step's norms in the running mean and deviation (default 0.01)")
          Double tAlpha)
      implements MarginConfig {
    public Config {
      margin = margin == null ? 0.4 : margin;
      scale = scale == null ? 64.0 : scale;
      h = h == null ? 0.333 : h;
      tAlpha = tAlpha == null ? 0.01 : tAlpha;
    }

    @Override
    public MarginRule create() {
      return new AdaFace(margin, h, tAlpha);
    }
  }
}
