package ffc.runs.train;

import ffc.eval.EvaluateConfig;
import ffc.eval.EvaluationSets;
import ffc.eval.Evaluator;
import ffc.loaders.DualLoader;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import ffc.loaders.data.VerificationSet;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A first look at the images of a run, before anything is created: what cannot be opened or decoded
 * is found now and not after hours of training.
 */
final class InputCheck {
  private static final int IMAGES = 64;

  private InputCheck() {}

  /**
   * Decodes the first batch of a training.
   *
   * @throws IllegalArgumentException if it cannot be, and the policy does not bear it
   */
  static void training(Dataset dataset, DataConfig data, ImageShape shape, long seed) {
    try (DualLoader loader = new DualLoader(dataset, data, shape, seed, 0, 1, Cursor.START);
        PairBatch batch = loader.next()) {
      if (batch.size() == 0) {
        throw new IllegalArgumentException(dataset.name() + ": gives an empty batch");
      }
    }
  }

  /**
   * Opens every evaluation set and decodes a batch of images from all over it.
   *
   * @param best {@code run.best}, or null
   * @throws IllegalArgumentException if one cannot be, or has too few pairs for that figure
   */
  static void evaluations(List<EvaluateConfig> sets, ImageShape shape, String best) {
    for (EvaluateConfig set : sets) {
      String prefix = set.resultName() + ".";
      String figure =
          best != null && best.startsWith(prefix) ? best.substring(prefix.length()) : null;
      try {
        look(set, shape, figure);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("evaluate: " + set.name() + ": " + e.getMessage(), e);
      }
    }
  }

  private static void look(EvaluateConfig set, ImageShape shape, String figure) {
    ByteBuffer image = ByteBuffer.allocateDirect(shape.bytes());
    if (set.ofPairs()) {
      try (VerificationSet pairs = EvaluationSets.pairs(set)) {
        int count = Math.min(IMAGES, pairs.images());
        for (int i = 0; i < count; i++) {
          pairs.decode((int) ((long) i * pairs.images() / count), shape, image, 0);
        }
        int all = pairs.images() / 2;
        long genuine = IntStream.range(0, all).filter(pairs::same).count();
        enough(figure, genuine, all - genuine, 1);
      }
      return;
    }
    try (Dataset images = EvaluationSets.labelled(set)) {
      new ImageSizes(images, shape).check();
      long count = Math.min(IMAGES, images.images());
      for (long i = 0; i < count; i++) {
        images.decode(i * images.images() / count, shape, image, 0);
      }
      long genuine = 0;
      for (long id = 0; figure != null && id < images.identities(); id++) {
        genuine += pairs(images.imageCount(id));
      }
      long impostors = pairs(images.images()) - genuine;
      enough(figure, genuine, impostors, Evaluator.impostorsFor(figure));
    }
  }

  private static long pairs(long images) {
    return images * (images - 1) / 2;
  }

  /** Whether {@code run.best} can be had from a set at all. */
  private static void enough(String figure, long genuine, long impostors, long wanted) {
    if (figure != null && (genuine == 0 || impostors < wanted)) {
      throw new IllegalArgumentException(
          "has %d genuine and %d impostor pairs, run.best wants at least 1 and %d for %s; name another figure or another set"
              .formatted(genuine, impostors, wanted, figure));
    }
  }
}
