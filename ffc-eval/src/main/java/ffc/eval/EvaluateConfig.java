package ffc.eval;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Positive;
import java.util.List;

/** One entry of section {@code evaluate}: a set on which the model is judged. */
@RecordBuilder
public record EvaluateConfig(
    @NotNull
        @Pattern(regexp = "[A-Za-z0-9_-]+")
        @JsonPropertyDescription("Name of the set in reports: letters, digits, _ and -")
        String name,
    @NotNull
        @JsonPropertyDescription(
            "recordio, folder, lmdb, manifest or index (labelled images: all-pairs TAR@FAR and"
                + " rank-1), bin (10-fold pairs) or pairs (text list)")
        Format format,
    @NotNull @JsonPropertyDescription("File or folder") String path,
    @JsonPropertyDescription("probe (default) or gallery") Net net,
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
        Strata strata) {

  /** Formats of evaluation sets. */
  public enum Format {
    recordio,
    folder,
    lmdb,
    manifest,
    index,
    bin,
    pairs;

    /** Whether its sets are pairs of images, judged one by one, and name no identities. */
    public boolean isPairs() {
      return this == bin || this == pairs;
    }
  }

  /** Network that is evaluated. */
  public enum Net {
    probe,
    gallery
  }

  /** Where the size of an identity is looked up. */
  public enum Strata {
    none,
    own,
    training
  }

  public EvaluateConfig {
    net = net == null ? Net.probe : net;
    flip = flip == null ? format != null && format.isPairs() : flip;
    at = at == null ? List.of("end") : List.copyOf(at);
    strata = strata == null ? Strata.none : strata;
  }

  /** Name under which the results of the set are reported. */
  public String resultName() {
    return net == Net.gallery ? name + "@gallery" : name;
  }
}
