package ffc.core.loss;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * A recorded run of the reference code's group and loss; its README beside the files says what each
 * part is.
 */
@SuppressWarnings("ArrayRecordComponent")
public record GoldenTrace(
    String loss,
    int capacity,
    int dim,
    double scale,
    double margin,
    int hardNegatives,
    double[][] initialRows0,
    double[][] initialRows1,
    List<Step> steps) {

  /** One training step; rows are [images][dim]. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Step(
      double[][] x,
      double[][] y,
      long[] xIds,
      long[] yIds,
      double lossPassA,
      double lossPassB,
      double[][] gradX,
      double[][] gradY,
      long[][] lruMostRecentFirst,
      int[] nextRow,
      double[][] rows0,
      double[][] rows1) {}

  private static final List<String> NAMES =
      List.of("ffc-two-row-AM.json", "ffc-two-row-Arc.json", "ffc-two-row-SV.json");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  /** The traces of the folder in the system property {@code ffc.golden}, or the project's own. */
  public static List<GoldenTrace> all() {
    String folder = System.getProperty("ffc.golden");
    try {
      if (folder == null) {
        return NAMES.stream().map(GoldenTrace::resource).toList();
      }
      try (Stream<Path> files = Files.list(Path.of(folder))) {
        List<Path> traces =
            files.filter(f -> f.toString().endsWith(".json")).sorted().collect(Collectors.toList());
        if (traces.isEmpty()) {
          throw new IllegalArgumentException("ffc.golden: no .json file in " + folder);
        }
        return traces.stream().map(f -> JSON.readValue(f.toFile(), GoldenTrace.class)).toList();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static GoldenTrace resource(String name) {
    try (InputStream in = GoldenTrace.class.getResourceAsStream("golden/" + name)) {
      return JSON.readValue(in, GoldenTrace.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The margin as our settings name it. */
  public MarginConfig marginConfig() {
    return switch (loss) {
      case "AM" -> new CosFace.Config(margin, scale);
      case "Arc" -> ArcFaceConfigBuilder.builder().margin(margin).scale(scale).build();
      case "SV" -> SvConfigBuilder.builder().margin(margin).scale(scale).build();
      default -> throw new IllegalArgumentException("golden trace: unknown loss " + loss);
    };
  }

  /** How well losses agree with the recording: the reference rounds Arc and SV to float32. */
  public double lossTolerance() {
    return loss.equals("AM") ? 1e-9 : 1e-6;
  }

  /**
   * How well gradients agree, relative to the largest element of a pass. Logits between 32 and 64
   * in float32 are 3.8e-6 apart, and an error of a logit is a relative one of its probability.
   */
  public double gradientTolerance() {
    return loss.equals("AM") ? 1e-9 : 4e-6;
  }

  @Override
  public String toString() {
    return loss;
  }
}
