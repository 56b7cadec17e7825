package ffc.pfc.partialfc;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.loss.MarginConfig;
import ffc.core.method.DependentSetting;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.MethodConfig;
import ffc.core.method.SettingCheck;
import ffc.core.method.StepSizes;
import ffc.core.method.Traffic;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.List;

/** Settings of the method {@code partial-fc}; {@code sampleRate: 1} is the full FC layer. */
@RecordBuilder
public record PartialFcConfig(
    @JsonPropertyDescription("partial-fc") String type,
    @DecimalMin("0")
        @DecimalMax("1")
        @JsonPropertyDescription(
            "Share r of the classes in the logits of a step: all positives and random negatives;"
                + " 1 is full FC (default 0.1)")
        Double sampleRate,
    @JsonPropertyDescription(
            "sparse (default): only sampled rows and their optimiser state move; dense: momentum"
                + " and weight decay move every row")
        Update update,
    @JsonPropertyDescription("Margin softmax over the sampled classes") MarginConfig margin,
    @DecimalMin("-1")
        @DecimalMax("1")
        @JsonPropertyDescription(
            "Negatives with a higher cosine are ignored, for noisy labels; absent = none")
        Double interClassThreshold,
    @Min(1)
        @Max(16)
        @JsonPropertyDescription(
            "Centres of a class, of which the closest counts (Sub-center ArcFace; default 1);"
                + " several need one trainer")
        Integer centers,
    @JsonPropertyDescription(
            "Where class centres and their optimiser state lie: memory (default), of the machine;"
                + " mapped: in files; device: where the networks are, as on a GPU that has room")
        Storage storage,
    @JsonPropertyDescription("storage mapped: folder on a disk with room for the tables")
        String folder)
    implements MethodConfig {

  /** Which rows of the class centres an update moves. */
  public enum Update {
    sparse,
    dense
  }

  /** Where class centres and their optimiser state live. */
  public enum Storage {
    memory,
    mapped,
    device
  }

  public PartialFcConfig {
    type = type == null ? "partial-fc" : type;
    sampleRate = sampleRate == null ? 0.1 : sampleRate;
    update = update == null ? Update.sparse : update;
    margin = margin == null ? MarginConfig.standard() : margin;
    centers = centers == null ? 1 : centers;
    storage = storage == null ? Storage.memory : storage;
  }

  /** Full FC is the same method with every class in the logits. */
  @Override
  public String label() {
    String kind = sampleRate == 1 ? "full-fc" : "partial-fc " + sampleRate;
    kind = centers == 1 ? kind : kind + ", " + centers + " centres";
    return storage == Storage.memory ? kind : kind + " " + storage;
  }

  @Override
  public boolean severalTrainers() {
    return true; // by shares of the classes
  }

  @Override
  public Footprint footprint(StepSizes sizes) {
    return JointForward.withSecondSide(
        PartialFc.footprint(
            this,
            sizes.optimizer(),
            sizes.classes(),
            sizes.embedding(),
            2 * sizes.pairsOfSlice(),
            sizes.trainers()),
        sizes.network(),
        sizes.pairsOfSlice());
  }

  @Override
  public long diskBytes(StepSizes sizes) {
    return storage == Storage.mapped
        ? PartialFc.tableBytes(
            sizes.optimizer(), sizes.classes() * centers, sizes.embedding(), sizes.trainers())
        : 0;
  }

  /**
   * Identities and probe features to all, targets' cosines, sums of the softmax and the features'
   * gradients added up, slice by slice.
   */
  @Override
  public Traffic traffic(StepSizes sizes) {
    int trainers = sizes.trainers();
    if (trainers == 1) {
      return Traffic.NONE;
    }
    double rows = 2.0 * sizes.pairs() * trainers;
    int norm = margin.create().seesSamples() ? 1 : 0;
    // Identities travel with a row of one value.
    double gathered =
        2.0 * sizes.pairs() * (12 + 4.0 * (sizes.embedding() + norm)) * (trainers - 1);
    double reduced = Traffic.reducedBytes(rows * (sizes.embedding() + 2), trainers);
    double slices = sizes.slices();
    double ofSums = Traffic.rounds(rows / slices, trainers) + 1;
    double ofGradients = Traffic.rounds(rows / slices * sizes.embedding(), trainers) + 1;
    double waits = 1 + slices * (1 + 2 * ofSums) + slices * ofGradients;
    return new Traffic(gathered + reduced, waits).plus(Traffic.of(margin));
  }

  @Override
  public List<SettingCheck> checks(Peers peers) {
    return List.of(
        SettingCheck.of(
            "method.centers",
            () ->
                centers == 1 || peers.trainers() == 1
                    ? null
                    : "got "
                        + centers
                        + " with "
                        + peers.trainers()
                        + " trainers, wanted 1: only a trainer alone has several centres a class",
            "run.devices",
            "cluster.trainers"));
  }

  @Override
  public List<DependentSetting> dependentSettings() {
    return List.of(
        new DependentSetting("method.folder", "method.storage", storage, List.of(Storage.mapped)));
  }

  /** Every default but the share of classes in the logits. */
  public static PartialFcConfig ofRate(double sampleRate) {
    return PartialFcConfigBuilder.builder().sampleRate(sampleRate).build();
  }
}
