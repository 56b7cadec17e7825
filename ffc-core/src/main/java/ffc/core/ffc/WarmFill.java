package ffc.core.ffc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ffc.core.method.MethodContext;
import ffc.core.net.Images;
import ffc.core.net.MomentumEncoder;
import ffc.engine.HostReads;
import ffc.idgroup.FloatRows;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;

/** Fills a share of the group with gallery features of random identities before the first step. */
public final class WarmFill {
  // Enough images for batch statistics, few enough for any memory.
  private static final int CHUNK = 64;

  private WarmFill() {}

  /**
   * Fills some slots.
   *
   * @param wanted slots to fill; fewer if the data set has fewer identities
   * @param commit takes identities and their features, a chunk at a time
   */
  public static void fill(
      MethodContext context,
      MomentumEncoder gallery,
      long wanted,
      BiConsumer<long[], FloatRows> commit) {
    if (wanted == 0) {
      return;
    }
    Dataset dataset = context.dataset();
    long identities = Math.min(dataset.identities(), wanted);
    ImageShape shape = context.model().shape().resized(context.data().resize());
    SplittableRandom random = new SplittableRandom(context.seed() ^ 0x5741524d46494c4cL);
    LongOpenHashSet chosen = new LongOpenHashSet();
    while (chosen.size() < identities) {
      chosen.add(random.nextLong(dataset.identities()));
    }
    long[] ids = chosen.toLongArray();
    Arrays.sort(ids);
    ByteBuffer images = ByteBuffer.allocateDirect(CHUNK * shape.bytes());
    for (int from = 0, n; from < ids.length; from += n) {
      n = Math.min(CHUNK, ids.length - from);
      if (ids.length - from - n == 1) {
        n--; // A last chunk of one image would leave batch norm without a variance.
      }
      if (n < 2) {
        return;
      }
      long[] chunk = Arrays.copyOfRange(ids, from, from + n);
      for (int i = 0; i < n; i++) {
        long first = dataset.firstImage(chunk[i]);
        long image = first + random.nextLong(dataset.imageCount(chunk[i]));
        dataset.decode(image, shape, images, i * shape.bytes());
      }
      try (NDScope scope = new NDScope();
          NDManager manager =
              gallery.encoder().parameters().weightList().head().getManager().newSubManager()) {
        scope.suppressNotUsedWarning();
        NDArray features =
            gallery.embed(Images.normalised(Images.upload(images, n, shape, manager)));
        commit.accept(
            chunk, FloatRows.of(HostReads.floats(features), n, gallery.encoder().embedding()));
      }
    }
  }
}
