package ffc.loaders.data;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.PositiveOrZero;
import java.util.List;

/** Section {@code data} of an experiment: what is trained on and how batches are drawn from it. */
@RecordBuilder
public record DataConfig(
    @NotNull @JsonPropertyDescription("Training set") Source train,
    @PositiveOrZero
        @JsonPropertyDescription(
            "Identities the ID loader draws per step and trainer, two images each (default 64)")
        Integer idsPerBatch,
    @DecimalMin("0")
        @DecimalMax("1")
        @JsonPropertyDescription(
            "Exponent a: the ID loader draws an identity of n images in proportion to n^a; 0 = each as"
                + " often as any other (default), 1 = as often as it has images")
        Double idPower,
    @PositiveOrZero
        @JsonPropertyDescription(
            "Images the instance loader contributes per step and trainer, both sides together"
                + " (even, default 64)")
        Integer instancesPerBatch,
    @JsonPropertyDescription(
            "Pair each instance image with another image of its identity (default true); false is"
                + " the paper's two independent halves")
        Boolean instancePartner,
    @JsonPropertyDescription(
            "What stands opposite the image of an identity that has no other: augment (the same image,"
                + " augmented anew, default), alone (any image of the set: the two make no pair) or"
                + " skip (as augment, but the ID loader passes over such identities)")
        SingleImage singleImage,
    @JsonPropertyDescription(
            "Another share of the ID loader at the beginning; batches keep their size (default: none)")
        Mix mix,
    @JsonPropertyDescription(
            "Images of another size than model.input: off (refused, default), crop (the largest middle"
                + " part of that shape is scaled), pad (all of it, black beside it) or stretch (all of"
                + " it, sides differently); in training, evaluations and by commands that read the run")
        Resize resize,
    @JsonPropertyDescription("Random augmentation of training images") AugmentConfig augment,
    @JsonPropertyDescription(
            "Augmentation of the images of identities that have no other (default: as augment)")
        AugmentConfig augmentSingle,
    @PositiveOrZero
        @JsonPropertyDescription(
            "Identities per block when the loaders walk the identities block by block, so that they"
                + " meet within the life of a group slot, and look-alikes of `ffc data order` do; 0 ="
                + " fully shuffled (default)")
        Long localityBlock,
    @Min(1) @JsonPropertyDescription("Decoding threads (default 1)") Integer workers,
    @Min(1) @JsonPropertyDescription("Batches decoded ahead (default 4)") Integer prefetch,
    @PositiveOrZero
        @JsonPropertyDescription(
            "Bytes of encoded records to keep on the Java heap, at most half of it; of use on network"
                + " file systems, the system caches local disks itself; 0 = none (default)")
        Long cacheBytes,
    @JsonPropertyDescription("Unreadable training images: fail (default) or skip")
        OnCorrupt onCorrupt,
    @DecimalMin("0")
        @DecimalMax("1")
        @JsonPropertyDescription(
            "Share of unreadable images above which a run with onCorrupt: skip fails (default"
                + " 0.001)")
        Double corruptBudget) {

  /**
   * A data set on disk.
   *
   * @param format a name of {@code ffc.loaders.format.DataFormats}
   */
  @RecordBuilder
  public record Source(
      @NotNull @JsonPropertyDescription("Format of what lies at the path") String format,
      @NotNull
          @NotEmpty
          @JsonFormat(
              with = {
                JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY,
                JsonFormat.Feature.WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED
              })
          @JsonPropertyDescription(
              "File or folder, http:// or https:// address of a pack or tar, or a list of them where the"
                  + " format allows several; one text may also separate them by commas")
          List<String> path,
      @JsonPropertyDescription(
              "recordio, lmdb, webdataset, parquet: dense (labels run from 0 without gaps, default) or compact (any"
                  + " labels, numbered anew in their order)")
          Labels labels) {
    public Source {
      path = path == null ? null : List.copyOf(path);
      labels = labels == null ? Labels.dense : labels;
    }

    /** A set of dense labels by one text. */
    public Source(String format, String path) {
      this(format, List.of(path), Labels.dense);
    }

    /** The paths as one text, for messages. */
    public String text() {
      return String.join(",", path);
    }
  }

  /**
   * A share of the ID loader that moves from one number to {@code idsPerBatch}, the instance loader
   * filling what is left of a batch.
   */
  @RecordBuilder
  public record Mix(
      @NotNull
          @PositiveOrZero
          @JsonPropertyDescription(
              "What idsPerBatch is at the beginning, at most idsPerBatch + instancesPerBatch / 2")
          Integer idsAtFirst,
      @NotNull @PositiveOrZero @JsonPropertyDescription("Last step of that share") Long from,
      @NotNull
          @PositiveOrZero
          @JsonPropertyDescription(
              "Step from which on it is data.idsPerBatch; in between it moves in a straight line")
          Long to) {}

  /** What the labels of a set may be. */
  public enum Labels {
    dense,
    compact
  }

  /** Policy for identities with a single image. */
  public enum SingleImage {
    augment,
    skip,
    alone
  }

  /** Policy for unreadable images. */
  public enum OnCorrupt {
    fail,
    skip
  }

  public DataConfig {
    idsPerBatch = idsPerBatch == null ? 64 : idsPerBatch;
    idPower = idPower == null ? 0.0 : idPower;
    instancesPerBatch = instancesPerBatch == null ? 64 : instancesPerBatch;
    instancePartner = instancePartner == null || instancePartner;
    singleImage = singleImage == null ? SingleImage.augment : singleImage;
    resize = resize == null ? Resize.off : resize;
    augment = augment == null ? AugmentConfig.NONE : augment;
    localityBlock = localityBlock == null ? 0L : localityBlock;
    workers = workers == null ? 1 : workers;
    prefetch = prefetch == null ? 4 : prefetch;
    cacheBytes = cacheBytes == null ? 0L : cacheBytes;
    onCorrupt = onCorrupt == null ? OnCorrupt.fail : onCorrupt;
    corruptBudget = corruptBudget == null ? 0.001 : corruptBudget;
  }

  /** What happens to the images of identities that have no other. */
  public AugmentConfig augmentationOfSingles() {
    return augmentSingle == null ? augment : augmentSingle;
  }

  /** Most identities that a trainer's batch can have. */
  public int identitiesPerBatch() {
    int ids = mix == null ? idsPerBatch : Math.min(idsPerBatch, mix.idsAtFirst());
    return (singleImage == SingleImage.alone ? 2 : 1) * ids
        + (singleImage == SingleImage.alone || !instancePartner ? 2 : 1) * (pairsPerBatch() - ids);
  }

  /** Most identities and images that both loaders draw for a trainer's batch. */
  public int drawsPerBatch() {
    int ids = mix == null ? idsPerBatch : Math.min(idsPerBatch, mix.idsAtFirst());
    return ids + 2 * (pairsPerBatch() - ids);
  }

  /**
   * Identities that the ID loader draws for a trainer's batch.
   *
   * @param step batches taken before it
   */
  public int idsOfBatch(long step) {
    if (mix == null || step >= mix.to()) {
      return idsPerBatch;
    }
    if (step <= mix.from()) {
      return mix.idsAtFirst();
    }
    double way = (double) (step - mix.from()) / (mix.to() - mix.from());
    return (int) Math.round(mix.idsAtFirst() + way * (idsPerBatch - mix.idsAtFirst()));
  }

  /** Images on one side of a trainer's batch: idsPerBatch + instancesPerBatch / 2. */
  public int pairsPerBatch() {
    return idsPerBatch + instancesPerBatch / 2;
  }
}
