package ffc.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.idgroup.FloatRows;
import ffc.loaders.Dataset;
import ffc.loaders.ImageShape;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;

/** Fills a share of the group with gallery features of random identities before the first step. */
final class WarmFill {
  // Enough images for batch statistics, few enough for any memory.
  private static final int CHUNK = 64;

  private WarmFill() {}

  static void fill(
      MethodContext context,
      MomentumEncoder gallery,
      int identities,
      BiConsumer<long[], FloatRows> commit) {
    Dataset dataset = context.dataset();
    ImageShape shape = context.model().shape();
    SplittableRandom random = new SplittableRandom(context.seed() ^ 0x5741524d46494c4cL);
    LongOpenHashSet chosen = new LongOpenHashSet();
    while (chosen.size() < identities) {
      chosen.add(random.nextLong(dataset.identities()));
    }
    long[] ids = chosen.toLongArray();
    java.util.Arrays.sort(ids);
    ByteBuffer images = ByteBuffer.allocateDirect(CHUNK * shape.bytes());
    // A last chunk of one image would leave batch norm without a variance.
    for (int from = 0; from < ids.length; from += CHUNK) {
      int n = Math.min(CHUNK, ids.length - from);
      if (n < 2) {
        return;
      }
      long[] chunk = java.util.Arrays.copyOfRange(ids, from, from + n);
      for (int i = 0; i < n; i++) {
        long first = dataset.firstImage(chunk[i]);
        long image = first + random.nextLong(dataset.imageCount(chunk[i]));
        dataset.decode(image, shape, images, i * shape.bytes());
      }
      try (NDScope scope = new NDScope();
          NDManager manager =
              gallery.encoder().parameters().weightList().head().getManager().newSubManager()) {
        scope.suppressNotUsedWarning();
        ByteBuffer used = images.duplicate().limit(n * shape.bytes()).slice();
        NDArray bytes =
            manager.create(
                used,
                new Shape(n, shape.channels(), shape.height(), shape.width()),
                DataType.UINT8);
        NDArray features = gallery.embed(DevicePair.normalised(bytes));
        commit.accept(
            chunk, FloatRows.of(features.toFloatArray(), n, gallery.encoder().embedding()));
      }
    }
  }
}
