package ffc.core.ffc;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.loss.MarginConfig;
import ffc.core.method.DependentSetting;
import ffc.core.method.Footprint;
import ffc.core.method.MethodConfig;
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
        Double warmFill)
    implements MethodConfig {

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
  }

  /** How the gallery follows the probe. */
  public MomentumEncoder.Following following() {
    return new MomentumEncoder.Following(
        galleryMomentum, galleryMomentumSchedule, galleryBatchNorm);
  }

  @Override
  public boolean severalTrainers() {
    return true; // by replicas of the group
  }

  @Override
  public Footprint footprint(StepSizes sizes) {
    return Ffc.footprint(
        this, sizes.embedding(), sizes.network().weights(), sizes.pairsOfSlice(), sizes.gpu());
  }

  /** Both sides' gallery features and identities to all others. */
  @Override
  public Traffic traffic(StepSizes sizes) {
    double features = 2.0 * sizes.pairs() * (8 + 4.0 * sizes.embedding());
    return sizes.trainers() == 1
        ? Traffic.NONE
        : new Traffic(features * (sizes.trainers() - 1), 1).plus(Traffic.of(margin));
  }

  @Override
  public List<SettingCheck> checks(Peers peers) {
    return List.of(
        SettingCheck.of(
            "method.capacity",
            () -> capacityMistake(peers.data(), peers.trainers()),
            "data.idsPerBatch",
            "data.instancesPerBatch",
            "run.devices",
            "cluster.trainers"),
        SettingCheck.oneOf("method.update.type", update::type, List.of("weighted", "two-row")));
  }

  private String capacityMistake(DataConfig data, int trainers) {
    long batch = (long) trainers * (data.idsPerBatch() + data.instancesPerBatch());
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
            + (trainers == 1 ? "" : ", for each of " + trainers + " trainers")
            + ") must fit into the group; raise it, or lower the counts";
  }

  @Override
  public List<DependentSetting> dependentSettings() {
    return List.of(
        new DependentSetting(
            "method.update.keep", "method.update.type", update.type(), List.of("weighted")));
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
