package ffc.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options of {@code ffc eval} that say what is judged and how, beside the checkpoint's. */
public final class ProtocolOptions {
  @Option(
      names = "--embeddings",
      paramLabel = "FILE",
      description =
          "Judge these instead of a checkpoint: .npy f32 [n, d] (labels beside it as .ids.npy) or"
              + " .safetensors with embeddings and labels")
  Path embeddings;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "Their identities: .npy of integers, or text of one a line")
  Path labels;

  @Option(
      names = "--pairs-only",
      description = "All-pairs rates alone, without the searches: faster on large sets")
  boolean pairsOnly;

  @Option(
      names = "--distractors",
      paramLabel = "PATH",
      description =
          "Strangers, for 1:N among the first 10^3 ... 10^6 of them: embeddings, or with"
              + " --checkpoint images in --format as well")
  Path distractors;

  @Option(
      names = "--groups",
      paramLabel = "FILE",
      description =
          "Lines 'identity<TAB>group': TAR and false match rate of each group among itself at the"
              + " thresholds of the whole set, smallest, largest and their ratio")
  Path groups;

  @Option(
      names = "--templates",
      paramLabel = "FILE",
      description =
          "Template protocol of IJB-B/C: lines 'image template media', one a row of --embeddings"
              + " (flipped features already added) or one an image of --data, in its order")
  Path templates;

  @Option(
      names = "--template-pairs",
      paramLabel = "FILE",
      description = "Its pairs: lines 'template template 0|1'")
  Path pairs;

  @Option(
      names = "--detector-scores",
      paramLabel = "FILE",
      description = "Weight images by the last number of each line")
  Path detectorScores;

  @Option(
      names = "--normalise-images",
      description = "Bring images to unit length before they are pooled into templates")
  boolean normaliseImages;

  /** Whether a file of embeddings is to be judged. */
  public boolean embeddingsGiven() {
    return embeddings != null;
  }

  /** The file of embeddings, or null. */
  public Path embeddings() {
    return embeddings;
  }

  /** Labels of the file, or null for the usual place. */
  public Path labels() {
    return labels;
  }

  /** Strangers, or null. */
  public Path distractors() {
    return distractors;
  }

  /**
   * Whether templates are to be judged instead of images.
   *
   * @throws IllegalArgumentException if a part is missing
   */
  public boolean templatesGiven() {
    if ((templates == null) != (pairs == null)) {
      throw new IllegalArgumentException("--templates and --template-pairs belong together");
    }
    return templates != null;
  }
}
