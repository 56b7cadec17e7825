package ffc.eval;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.loaders.VerificationSets;
import ffc.loaders.format.DataFormats;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Positive;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One entry of section {@code evaluate}: a set on which the model is judged. */
@RecordBuilder
public record EvaluateConfig(
    @NotNull
        @Pattern(regexp = "[A-Za-z0-9_-]+")
        @JsonPropertyDescription("Name of the set in reports: letters, digits, _ and -")
        String name,
    @NotNull
        @JsonPropertyDescription(
            "Format of the set: bin (10-fold pairs), pairs (text list), any other for labelled images"
                + " (all-pairs TAR@FAR and rank-1)")
        String format,
    @NotNull @JsonPropertyDescription("File or folder") String path,
    @JsonPropertyDescription("probe (default), gallery, or ema: the average of run.ema") Net net,
    @JsonPropertyDescription(
            "Add the embedding of the mirrored image (default: true for bin and pairs, false"
                + " otherwise)")
        Boolean flip,
    @JsonPropertyDescription("When: end (default) and/or step numbers to evaluate at")
        List<@Pattern(regexp = "end|[0-9]+") String> at,
    @Positive @JsonPropertyDescription("Evaluate every so many steps as well") Integer every,
    @JsonPropertyDescription(
            "Figures of head, middle and tail identities as well: own, by the images that an"
                + " identity has in this set; training, by those it has in data.train under the"
                + " same name; none (default)")
        Strata strata,
    @Positive
        @JsonPropertyDescription(
            "Judge about so many images: the first identities, whole ones, two at least, or pairs at"
                + " equal distances, ten at least (default: all)")
        Integer images) {

  /** Network that is evaluated. */
  public enum Net {
    probe,
    gallery,
    ema;

    /** What the name of a set has appended in results of this network. */
    public String suffix() {
      return this == probe ? "" : "@" + this;
    }

    /** Whether a name of results, as {@link #resultName} gives it, is one of this network's. */
    public boolean judged(String resultName) {
      return resultName.substring(setOf(resultName).length()).equals(suffix());
    }
  }

  /** Where the size of an identity is looked up. */
  public enum Strata {
    none,
    own,
    training
  }

  public EvaluateConfig {
    net = net == null ? Net.probe : net;
    flip = flip == null ? isOfPairs(format) : flip;
    at = at == null ? List.of("end") : List.copyOf(at);
    strata = strata == null ? Strata.none : strata;
  }

  /** Formats that a set may have: those of stored images, then those of pairs. */
  public static List<String> formats() {
    return Stream.concat(DataFormats.storing().stream(), VerificationSets.formats().stream())
        .toList();
  }

  /** Whether the set is pairs of images, judged one by one, and names no identities. */
  public boolean ofPairs() {
    return isOfPairs(format);
  }

  private static boolean isOfPairs(String format) {
    return format != null && VerificationSets.formats().contains(format);
  }

  /** Name under which the results of the set are reported. */
  public String resultName() {
    return name + net.suffix();
  }

  /** The set whose results have a name. */
  public static String setOf(String resultName) {
    return resultName.split("@", 2)[0];
  }

  /** The sets of a run that keeps an average: those of the probe are judged by it, too. */
  public static List<EvaluateConfig> withAverage(List<EvaluateConfig> sets) {
    List<String> names = sets.stream().map(EvaluateConfig::resultName).toList();
    List<EvaluateConfig> all = new ArrayList<>();
    for (EvaluateConfig set : sets) {
      all.add(set);
      EvaluateConfig beside = EvaluateConfigBuilder.builder(set).net(Net.ema).build();
      if (set.net() == Net.probe && !names.contains(beside.resultName())) {
        all.add(beside);
      }
    }
    return List.copyOf(all);
  }
}
