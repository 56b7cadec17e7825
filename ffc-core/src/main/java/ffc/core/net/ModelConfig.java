package ffc.core.net;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.loaders.data.ImageShape;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.Size;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Section {@code model} of an experiment: the backbone that embeds an image. */
@RecordBuilder
public record ModelConfig(
    @NotNull
        @JsonPropertyDescription(
            "iresnet (with layers and widths), r18, r34, r50, r100 (iresnet presets for 112x112)"
                + " or mobilefacenet")
        Backbone backbone,
    @Size(min = 3, max = 3)
        @JsonPropertyDescription("Channels, height, width (default [3, 112, 112])")
        List<@Positive @Max(4096) Integer> input,
    @Size(min = 1, max = 6) @JsonPropertyDescription("iresnet: blocks of each stage")
        List<@Positive @Max(1000) Integer> layers,
    @Size(min = 1, max = 6) @JsonPropertyDescription("iresnet: channels of each stage")
        List<@Positive @Max(65536) Integer> widths,
    @Positive @Max(65536) @JsonPropertyDescription("Embedding size (default 512)")
        Integer embedding,
    @DecimalMin("0")
        @DecimalMax("0.9")
        @JsonPropertyDescription("Dropout before the embedding layer (default 0)")
        Double dropout,
    @JsonPropertyDescription(
            "Batch norm uses its running statistics in training too and leaves them alone, for"
                + " fine-tuning with small batches (default false)")
        Boolean freezeBatchNorm,
    @JsonPropertyDescription(
            "File of weights to start from (safetensors), distinct from resuming a run")
        String initFrom) {

  /** Channels of the stages of the IResNets that have names. */
  private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512);

  /** The table of backbones: a new one is an {@link Architecture} and a line here. */
  public enum Backbone {
    iresnet(IResNet::of, null, null, true),
    r18(IResNet::of, List.of(2, 2, 2, 2), WIDTHS),
    r34(IResNet::of, List.of(3, 4, 6, 3), WIDTHS),
    r50(IResNet::of, List.of(3, 4, 14, 3), WIDTHS),
    r100(IResNet::of, List.of(3, 13, 30, 3), WIDTHS),
    mobilefacenet(MobileFaceNet::of, null, null);

    private final Function<ModelConfig, Architecture> architecture;
    private final List<Integer> layers;
    private final List<Integer> widths;
    private final boolean takesStages;

    /**
     * One that is as it is.
     *
     * @param layers that it fixes, or null
     * @param widths that it fixes, or null
     */
    Backbone(
        Function<ModelConfig, Architecture> architecture,
        List<Integer> layers,
        List<Integer> widths) {
      this(architecture, layers, widths, false);
    }

    Backbone(
        Function<ModelConfig, Architecture> architecture,
        List<Integer> layers,
        List<Integer> widths,
        boolean takesStages) {
      this.architecture = architecture;
      this.layers = layers;
      this.widths = widths;
      this.takesStages = takesStages;
    }

    /** Whether {@code layers} and {@code widths} are settings, which it then needs. */
    public boolean takesStages() {
      return takesStages;
    }

    /** Those that {@link #takesStages}, by name. */
    public static List<String> withStages() {
      return Arrays.stream(values()).filter(Backbone::takesStages).map(Enum::name).toList();
    }
  }

  public ModelConfig {
    input = input == null ? List.of(3, 112, 112) : List.copyOf(input);
    embedding = embedding == null ? 512 : embedding;
    dropout = dropout == null ? 0.0 : dropout;
    freezeBatchNorm = freezeBatchNorm != null && freezeBatchNorm;
    if (backbone != null && !backbone.takesStages) {
      layers = backbone.layers;
      widths = backbone.widths;
    }
  }

  /** Shape of the images that the backbone takes. */
  public ImageShape shape() {
    return new ImageShape(input.get(0), input.get(1), input.get(2));
  }

  /**
   * Structure of the network.
   *
   * @throws IllegalArgumentException if the settings give none
   */
  public Architecture architecture() {
    return backbone.architecture.apply(this);
  }
}
