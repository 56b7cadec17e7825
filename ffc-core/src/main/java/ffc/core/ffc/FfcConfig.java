package ffc.core.ffc;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.loss.MarginConfig;
import ffc.core.method.DependentSetting;
import ffc.core.method.Footprint;
import ffc.core.method.Method;
import ffc.core.method.MethodConfig;
import ffc.core.method.MethodContext;
import ffc.core.method.SettingCheck;
import ffc.core.method.StepSizes;
import ffc.core.method.Traffic;
import ffc.core.net.MomentumEncoder;
import ffc.loaders.data.DataConfig;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.util.ArrayList;
import java.util.List;

/** Settings of the method {@code ffc}. */
@RecordBuilder
public record FfcConfig(
    @JsonPropertyDescription("ffc") String type,
    @Positive @JsonPropertyDescription("Slots K of the ID group (default 30000)") Integer capacity,
    @DecimalMin("0")
        @DecimalMax("1")
        @JsonPropertyDescription("m in gallery <- m gallery + (1 - m) probe (default 0.99)")
        Double galleryMomentum,
    @JsonPropertyDescription(
            "Course of the gallery momentum: constant (default) or ramp, min(galleryMomentum, (1 +"
                + " t) / (20 + t))")
        MomentumEncoder.Course galleryMomentumSchedule,
    @JsonPropertyDescription(
            "Batch norm of the gallery: batch (statistics of the batch, default) or ema (averaged"
                + " running statistics)")
        MomentumEncoder.BatchNorm galleryBatchNorm,
    @JsonPropertyDescription("How a returning identity's slot changes") Update update,
    @JsonPropertyDescription("Margin softmax of existing identities") MarginConfig margin,
    @JsonPropertyDescription("Term of fresh identities") Fresh fresh,
    @JsonPropertyDescription(
            "Slots that were never filled: mask (default) or random (random rows that act as"
                + " negatives, as the reference code has them)")
        EmptySlots emptySlots,
    @DecimalMin("0")
        @DecimalMax("1")
        @JsonPropertyDescription(
            "Share of the capacity filled with gallery features of random identities before the"
                + " first step (default 0)")
        Double warmFill,
    @JsonPropertyDescription(
            "Rows of the group: fixed (gallery features, as in the paper; default) or trained (they"
                + " begin from a feature and take the classifier's gradient while they stay)")
        RowKind rows,
    @Positive
        @JsonPropertyDescription(
            "rows: trained: rate of the rows, as a multiple of the learning rate (default 5)")
        Double rowRate,
    @DecimalMin("0")
        @DecimalMax("0.9999")
        @JsonPropertyDescription("rows: trained: momentum of the rows (default 0.9)")
        Double rowMomentum,
    @JsonPropertyDescription(
            "rows: trained: what a row begins from: probe (the features of the step, default) or"
                + " gallery (those of a moving average of the probe, which costs a forward pass)")
        RowEntry rowEntry)
    implements MethodConfig {

  /** Whether rows learn. */
  public enum RowKind {
    fixed,
    trained
  }

  /** Whose features trained rows begin from. */
  public enum RowEntry {
    probe,
    gallery
  }

  /** Treatment of slots that were never filled. */
  public enum EmptySlots {
    mask,
    random
  }

  /** Update rule of the group. */
  @RecordBuilder
  public record Update(
      @JsonPropertyDescription("weighted (default) or two-row (the reference code)") String type,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription(
              "weighted: share w of the old feature that is kept; 0 replaces it (default 0.5)")
          Double keep) {
    public Update {
      type = type == null ? "weighted" : type;
      keep = keep == null ? 0.5 : keep;
    }
  }

  /** Loss of probe samples whose identity is not in the group: their highest cosines shrink. */
  @RecordBuilder
  public record Fresh(
      @PositiveOrZero @JsonPropertyDescription("Weight of the term (default 1)") Double weight,
      @PositiveOrZero
          @JsonPropertyDescription(
              "Highest cosines per sample; 0 = clamp(0.0002 K, 3, 10) (default)")
          Integer hardNegatives) {
    public Fresh {
      weight = weight == null ? 1.0 : weight;
      hardNegatives = hardNegatives == null ? 0 : hardNegatives;
    }

    /** The h of the paper: {@code clamp(floor(0.0002 K), 3, 10)} unless it is set. */
    public int hardNegatives(int capacity) {
      return hardNegatives > 0
          ? hardNegatives
          : Math.max(3, Math.min(10, (int) Math.floor(0.0002 * capacity)));
    }
  }

  public FfcConfig {
    type = type == null ? "ffc" : type;
    capacity = capacity == null ? 30_000 : capacity;
    galleryMomentum = galleryMomentum == null ? 0.99 : galleryMomentum;
    galleryMomentumSchedule =
        galleryMomentumSchedule == null ? MomentumEncoder.Course.constant : galleryMomentumSchedule;
    galleryBatchNorm =
        galleryBatchNorm == null ? MomentumEncoder.BatchNorm.batch : galleryBatchNorm;
    update = update == null ? FfcConfigUpdateBuilder.builder().build() : update;
    margin = margin == null ? MarginConfig.standard() : margin;
    fresh = fresh == null ? FfcConfigFreshBuilder.builder().build() : fresh;
    emptySlots = emptySlots == null ? EmptySlots.mask : emptySlots;
    warmFill = warmFill == null ? 0.0 : warmFill;
    rows = rows == null ? RowKind.fixed : rows;
    rowRate = rowRate == null ? 5.0 : rowRate;
    rowMomentum = rowMomentum == null ? 0.9 : rowMomentum;
    rowEntry = rowEntry == null ? RowEntry.probe : rowEntry;
  }

  /** The method of these settings. */
  public Method create(MethodContext context) {
    return rows == RowKind.trained ? new TrainedFfc(this, context) : new Ffc(this, context);
  }

  /** Whether there is a second network that follows the probe. */
  boolean hasGallery() {
    return rows == RowKind.fixed || rowEntry == RowEntry.gallery;
  }

  @Override
  public String label() {
    return rows == RowKind.trained ? "ffc, trained rows" : type;
  }

  /** How the gallery follows the probe. */
  public MomentumEncoder.Following following() {
    return new MomentumEncoder.Following(
        galleryMomentum, galleryMomentumSchedule, galleryBatchNorm);
  }

  @Override
  public boolean severalTrainers() {
    return true; // by replicas of the group, trained rows included
  }

  @Override
  public Footprint footprint(StepSizes sizes) {
    if (rows == RowKind.trained) {
      return TrainedFfc.footprint(this, sizes);
    }
    return Ffc.footprint(
        this, sizes.embedding(), sizes.network().weights(), sizes.pairsOfSlice(), sizes.gpu());
  }

  /** Both sides' features and identities to all others; the gradient of rows that learn. */
  @Override
  public Traffic traffic(StepSizes sizes) {
    if (sizes.trainers() == 1) {
      return Traffic.NONE;
    }
    double features = 2.0 * sizes.pairs() * (8 + 4.0 * sizes.embedding());
    double slopes = rows == RowKind.trained ? (double) capacity * sizes.embedding() : 0;
    return new Traffic(
            features * (sizes.trainers() - 1) + Traffic.reducedBytes(slopes, sizes.trainers()),
            1 + Traffic.rounds(slopes, sizes.trainers()))
        .plus(Traffic.of(margin));
  }

  @Override
  public List<SettingCheck> checks(Peers peers) {
    return List.of(
        SettingCheck.of(
            "method.capacity",
            () -> capacityMistake(peers.data(), peers.trainers()),
            "data.idsPerBatch",
            "data.instancesPerBatch",
            "data.mix",
            "run.devices",
            "cluster.trainers"),
        SettingCheck.oneOf("method.update.type", update::type, List.of("weighted", "two-row")));
  }

  private String capacityMistake(DataConfig data, int trainers) {
    long batch = (long) trainers * identities(data);
    return capacity >= batch
        ? null
        : "got "
            + capacity
            + ", wanted at least "
            + batch
            + ": the identities of one batch (data.idsPerBatch "
            + data.idsPerBatch()
            + " + data.instancesPerBatch "
            + data.instancesPerBatch()
            + (data.singleImage() == DataConfig.SingleImage.alone && rows == RowKind.trained
                ? ", two a row with data.singleImage alone"
                : "")
            + (data.drawsPerBatch() == data.idsPerBatch() + data.instancesPerBatch()
                ? ""
                : ", " + count(data.mix().idsAtFirst()) + " of the ID loader by data.mix")
            + (trainers == 1 ? "" : ", for each of " + trainers + " trainers")
            + ") must fit into the group; raise it, or lower the counts";
  }

  private static String count(int number) {
    return number == 0 ? "none" : Integer.toString(number);
  }

  /** Fixed rows enter a side at a time, those that learn both sides together. */
  private long identities(DataConfig data) {
    return Math.max(data.drawsPerBatch(), rows == RowKind.trained ? data.identitiesPerBatch() : 0);
  }

  @Override
  public List<DependentSetting> dependentSettings() {
    List<DependentSetting> all = new ArrayList<>();
    all.add(
        new DependentSetting(
            "method.update.keep", "method.update.type", update.type(), List.of("weighted")));
    if (fresh.weight() == 0) {
      all.add(
          new DependentSetting(
              "method.fresh.hardNegatives", "method.fresh.weight", 0, List.of("more than 0")));
    }
    for (String fixed :
        List.of(
            "update.type",
            "update.keep",
            "fresh.weight",
            "fresh.hardNegatives",
            "emptySlots",
            "warmFill")) {
      all.add(new DependentSetting("method." + fixed, "method.rows", rows, List.of(RowKind.fixed)));
    }
    for (String trained : List.of("rowRate", "rowMomentum", "rowEntry")) {
      all.add(
          new DependentSetting("method." + trained, "method.rows", rows, List.of(RowKind.trained)));
    }
    if (rows == RowKind.trained) {
      for (String gallery :
          List.of("galleryMomentum", "galleryMomentumSchedule", "galleryBatchNorm")) {
        all.add(
            new DependentSetting(
                "method." + gallery, "method.rowEntry", rowEntry, List.of(RowEntry.gallery)));
      }
    }
    return all;
  }

  @Override
  public List<String> warnings(long identities) {
    return capacity <= identities
        ? List.of()
        : List.of(
            "method.capacity is %d, the set has %d identities: the slots beyond stay empty"
                .formatted(capacity, identities));
  }

  /** Every default. */
  public static FfcConfig standard() {
    return FfcConfigBuilder.builder().build();
  }
}
