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
            "iresnet (with layers and widths), r18, r34, r50, r100, r200 (iresnet presets for"
                + " 112x112), mobilefacenet, mbf or mbf_large (InsightFace's, of other widths), vit"
                + " (with layers and widths of one entry: blocks and values of a token), vit_t, vit_s,"
                + " vit_b or vit_l (its presets)")
        Backbone backbone,
    @Size(min = 3, max = 3)
        @JsonPropertyDescription("Channels, height, width (default [3, 112, 112])")
        List<@Positive @Max(4096) Integer> input,
    @Size(min = 1, max = 6) @JsonPropertyDescription("iresnet: blocks of each stage; vit: [blocks]")
        List<@Positive @Max(1000) Integer> layers,
    @Size(min = 1, max = 6)
        @JsonPropertyDescription("iresnet: channels of each stage; vit: [values of a token]")
        List<@Positive @Max(65536) Integer> widths,
    @Positive @Max(65536) @JsonPropertyDescription("Embedding size (default 512)")
        Integer embedding,
    @DecimalMin("0")
        @DecimalMax("0.9")
        @JsonPropertyDescription("Dropout before the embedding layer (default 0)")
        Double dropout,
    @Positive
        @Max(1024)
        @JsonPropertyDescription(
            "vit: height and width of the squares that become tokens (default 9)")
        Integer patch,
    @Positive @Max(1024) @JsonPropertyDescription("vit: heads of the attention (default 8)")
        Integer heads,
    @DecimalMin("0")
        @DecimalMax("0.9")
        @JsonPropertyDescription(
            "vit: probability of leaving out a branch of the last block, growing from 0 in the"
                + " first (default 0.1; vit_l 0.05)")
        Double dropPath,
    @DecimalMin("0")
        @DecimalMax("0.9")
        @JsonPropertyDescription(
            "vit: share of the tokens that training hides (default 0.1; vit_l 0.05)")
        Double maskRatio,
    @JsonPropertyDescription(
            "Batch norm uses its running statistics in training too and leaves them alone, for"
                + " fine-tuning with small batches (default false)")
        Boolean freezeBatchNorm,
    @JsonPropertyDescription(
            "Parts of the network that are not trained, their batch norm included: stem, layer1 to"
                + " the last (mobilefacenet and vit: block1, block0), embedding, or trunk for all"
                + " but the embedding (default: none)")
        List<@NotNull String> freeze,
    @Positive
        @JsonPropertyDescription(
            "Steps after which the parts of freeze are trained too (default: never)")
        Long freezeUntil,
    @JsonPropertyDescription(
            "File of weights to start from (safetensors), distinct from resuming a run")
        String initFrom) {

  /** Channels of the stages of the IResNets that have names. */
  private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512);

  /** The table of backbones: a new one is an {@link Architecture} and a line here. */
  public enum Backbone {
    iresnet(IResNet::of, null, null, Stages.several),
    r18(IResNet::of, List.of(2, 2, 2, 2), WIDTHS),
    r34(IResNet::of, List.of(3, 4, 6, 3), WIDTHS),
    r50(IResNet::of, List.of(3, 4, 14, 3), WIDTHS),
    r100(IResNet::of, List.of(3, 13, 30, 3), WIDTHS),
    r200(IResNet::of, List.of(6, 26, 60, 6), WIDTHS),
    mobilefacenet(MobileFaceNet::of, null, null),
    mbf(MobileFaceNet.Insight::plain, null, null),
    mbf_large(MobileFaceNet.Insight::large, null, null),
    vit(VisionTransformer::of, null, null, Stages.one),
    vit_t(VisionTransformer::of, List.of(12), List.of(256)),
    vit_s(VisionTransformer::of, List.of(12), List.of(512)),
    vit_b(VisionTransformer::of, List.of(24), List.of(512)),
    vit_l(VisionTransformer::of, List.of(24), List.of(768));

    /** How many entries {@code layers} and {@code widths} have. */
    private enum Stages {
      fixed,
      one,
      several
    }

    private final Function<ModelConfig, Architecture> architecture;
    private final List<Integer> layers;
    private final List<Integer> widths;
    private final Stages stages;

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
      this(architecture, layers, widths, Stages.fixed);
    }

    Backbone(
        Function<ModelConfig, Architecture> architecture,
        List<Integer> layers,
        List<Integer> widths,
        Stages stages) {
      this.architecture = architecture;
      this.layers = layers;
      this.widths = widths;
      this.stages = stages;
    }

    /** Whether {@code layers} and {@code widths} are settings, which it then needs. */
    public boolean takesStages() {
      return stages == Stages.one || stages == Stages.several;
    }

    /** Whether it is a vision transformer: of one stage, with settings of its own. */
    public boolean isTransformer() {
      return name().startsWith("vit");
    }

    /** Whether it takes square images only. */
    public boolean isSquare() {
      return this == mbf || this == mbf_large;
    }

    /** Whether it drops values before the embedding layer. */
    public boolean hasDropout() {
      return layers != null && !isTransformer() || this == iresnet;
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
    freeze = freeze == null ? List.of() : List.copyOf(freeze);
    if (backbone != null && !backbone.takesStages()) {
      layers = backbone.layers;
      widths = backbone.widths;
    }
    if (backbone != null && backbone.isTransformer()) {
      double share = backbone == Backbone.vit_l ? 0.05 : 0.1;
      patch = patch == null ? 9 : patch;
      heads = heads == null ? 8 : heads;
      dropPath = dropPath == null ? share : dropPath;
      maskRatio = maskRatio == null ? share : maskRatio;
    }
  }

  /** Shape of the images that the backbone takes. */
  public ImageShape shape() {
    return new ImageShape(input.get(0), input.get(1), input.get(2));
  }

  /** Whether training draws random numbers inside of the network. */
  public boolean drops() {
    return dropout > 0 || backbone.isTransformer() && (dropPath > 0 || maskRatio > 0);
  }

  /** Names of the network's parts, in the order that an image passes them. */
  public List<String> parts() {
    return Encoder.backbone(this, Parameters.counting()).parameters().parts();
  }

  /**
   * Whether a part of the network stays as it is in a step.
   *
   * @param step steps completed before it; {@link Long#MAX_VALUE} asks for those that never move
   */
  public boolean freezes(String part, long step) {
    return (freezeUntil == null || step < freezeUntil)
        && freeze.stream().anyMatch(name -> Architecture.covers(name, part));
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
