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
import java.util.List;

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

  /** Known backbones. */
  public enum Backbone {
    iresnet,
    r18,
    r34,
    r50,
    r100,
    mobilefacenet
  }

  public ModelConfig {
    input = input == null ? List.of(3, 112, 112) : List.copyOf(input);
    embedding = embedding == null ? 512 : embedding;
    dropout = dropout == null ? 0.0 : dropout;
    freezeBatchNorm = freezeBatchNorm != null && freezeBatchNorm;
    if (backbone != null && backbone != Backbone.iresnet) {
      layers = presetLayers(backbone);
      widths = backbone == Backbone.mobilefacenet ? null : List.of(64, 128, 256, 512);
    }
  }

  /** Shape of the images that the backbone takes. */
  public ImageShape shape() {
    return new ImageShape(input.get(0), input.get(1), input.get(2));
  }

  private static List<Integer> presetLayers(Backbone backbone) {
    return switch (backbone) {
      case r18 -> List.of(2, 2, 2, 2);
      case r34 -> List.of(3, 4, 6, 3);
      case r50 -> List.of(3, 4, 14, 3);
      case r100 -> List.of(3, 13, 30, 3);
      case iresnet, mobilefacenet -> null;
    };
  }
}
