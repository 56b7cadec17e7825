package ffc.loaders.data;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.PositiveOrZero;

/**
 * Random augmentation of training images: what may happen to a picture, how often and how much. A
 * part that is null never happens; one without settings happens to a fifth of the pictures, as is
 * usual in face recognition.
 */
@RecordBuilder
public record AugmentConfig(
    @JsonPropertyDescription("Flip horizontally with probability 1/2 (default false)") Boolean flip,
    @PositiveOrZero
        @JsonPropertyDescription(
            "Largest shift in pixels along each axis, edges padded with zero (default 0)")
        Integer shift,
    @JsonPropertyDescription("A part of the picture, enlarged to its size (default: never)")
        Crop crop,
    @JsonPropertyDescription(
            "Turned and scaled about the middle, edges padded with zero (default: never)")
        Affine affine,
    @JsonPropertyDescription("Other light and colours (default: never)") Photometric photometric,
    @JsonPropertyDescription("Gaussian blur (default: never)") Blur blur,
    @JsonPropertyDescription("Made smaller and large again (default: never)")
        LowResolution lowResolution,
    @JsonPropertyDescription("A rectangle painted over in gray (default: never)") Erase erase) {

  /** Nothing happens to any picture. */
  public static final AugmentConfig NONE =
      new AugmentConfig(false, 0, null, null, null, null, null, null);

  private static final String SHARE = "Share of the pictures (default 0.2)";

  /** A random resized crop. */
  @RecordBuilder
  public record Crop(
      @DecimalMin("0") @DecimalMax("1") @JsonPropertyDescription(SHARE) Double probability,
      @DecimalMin("0.01")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Smallest part of the area; drawn uniformly from there to 1 (default 0.2)")
          Double area,
      @DecimalMin("1")
          @DecimalMax("4")
          @JsonPropertyDescription(
              "Largest ratio of the part's sides, relative to the picture's, either way (default 1.333)")
          Double aspect) {
    public Crop {
      probability = or(probability, 0.2);
      area = or(area, 0.2);
      aspect = or(aspect, 1.333);
    }
  }

  /** Rotation and scale. */
  @RecordBuilder
  public record Affine(
      @DecimalMin("0") @DecimalMax("1") @JsonPropertyDescription(SHARE) Double probability,
      @DecimalMin("0")
          @DecimalMax("180")
          @JsonPropertyDescription("Largest angle in degrees, either way (default 20)")
          Double rotate,
      @DecimalMin("0")
          @DecimalMax("0.9")
          @JsonPropertyDescription("Scale drawn from 1 - scale to 1 + scale (default 0.2)")
          Double scale) {
    public Affine {
      probability = or(probability, 0.2);
      rotate = or(rotate, 20);
      scale = or(scale, 0.2);
    }
  }

  /** Brightness, contrast, saturation, gray. */
  @RecordBuilder
  public record Photometric(
      @DecimalMin("0") @DecimalMax("1") @JsonPropertyDescription(SHARE) Double probability,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Factor drawn from 1 - brightness to 1 + brightness (default 0.5)")
          Double brightness,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Factor of the distance from the mean, as brightness (default 0.5)")
          Double contrast,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Factor of the distance from gray, as brightness; of use on colour images (default"
                  + " 0.5)")
          Double saturation,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Share of these pictures that become gray; of use on colour images (default 0)")
          Double gray) {
    public Photometric {
      probability = or(probability, 0.2);
      brightness = or(brightness, 0.5);
      contrast = or(contrast, 0.5);
      saturation = or(saturation, 0.5);
      gray = or(gray, 0);
    }
  }

  /** Gaussian blur. */
  @RecordBuilder
  public record Blur(
      @DecimalMin("0") @DecimalMax("1") @JsonPropertyDescription(SHARE) Double probability,
      @DecimalMin("0.1")
          @DecimalMax("20")
          @JsonPropertyDescription(
              "Largest standard deviation in pixels; drawn uniformly from 0.1 (default 1)")
          Double sigma) {
    public Blur {
      probability = or(probability, 0.2);
      sigma = or(sigma, 1);
    }
  }

  /** Detail taken away. */
  @RecordBuilder
  public record LowResolution(
      @DecimalMin("0") @DecimalMax("1") @JsonPropertyDescription(SHARE) Double probability,
      @DecimalMin("0.02")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Smallest part of the sides; drawn uniformly from there to 1 (default 0.2)")
          Double side) {
    public LowResolution {
      probability = or(probability, 0.2);
      side = or(side, 0.2);
    }
  }

  /** Random erasing (Zhong et al., AAAI 2020). */
  @RecordBuilder
  public record Erase(
      @DecimalMin("0") @DecimalMax("1") @JsonPropertyDescription(SHARE) Double probability,
      @DecimalMin("0.02")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "Largest part of the area; drawn uniformly from 0.02 (default 0.2)")
          Double area) {
    public Erase {
      probability = or(probability, 0.2);
      area = or(area, 0.2);
    }
  }

  public AugmentConfig {
    flip = flip != null && flip;
    shift = shift == null ? 0 : shift;
  }

  private static double or(Double value, double otherwise) {
    return value == null ? otherwise : value;
  }
}
