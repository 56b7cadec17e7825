package ffc.cli.judge;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options of {@code ffc eval} that judge a file of embeddings instead of a checkpoint. */
public final class EmbeddingOptions {
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
      paramLabel = "FILE",
      description = "Embeddings of strangers: also 1:N among the first 10^3 ... 10^6 of them")
  Path distractors;

  @Option(
      names = "--templates",
      paramLabel = "FILE",
      description =
          "Template protocol of IJB-B/C: lines 'image template media', one a row of --embeddings"
              + " (flipped features already added)")
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

  /** Whether embeddings are to be judged. */
  public boolean given() {
    return embeddings != null;
  }
}
