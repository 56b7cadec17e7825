package ffc.loaders.bench;

import ffc.loaders.DataSets;
import ffc.loaders.DualLoader;
import ffc.loaders.data.AugmentConfigBuilder;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import java.util.Locale;

/**
 * Images per second of the dual loader from a pack on a disk or behind an address; {@code
 * bench/remote_source} runs both in turn.
 *
 * <pre>RemoteSource PATH|ADDRESS CHANNELSxHEIGHTxWIDTH WORKERS IMAGES LOCALITY_BLOCK</pre>
 *
 * <p>Prints the seconds of the opening, which walks over the pack, and the images/s behind it.
 */
public final class RemoteSource {
  private RemoteSource() {}

  /** Runs once over warm-up and measurement. */
  public static void main(String[] args) {
    String[] sides = args[1].split("x", -1);
    ImageShape shape =
        new ImageShape(
            Integer.parseInt(sides[0]), Integer.parseInt(sides[1]), Integer.parseInt(sides[2]));
    DataConfig.Source source = new DataConfig.Source("recordio", args[0]);
    long images = Long.parseLong(args[3]);
    DataConfig config =
        DataConfigBuilder.builder()
            .train(source)
            .idsPerBatch(64)
            .instancesPerBatch(64)
            .augment(AugmentConfigBuilder.builder().flip(true).shift(2).build())
            .localityBlock(Long.parseLong(args[4]))
            .workers(Integer.parseInt(args[2]))
            .build();
    long start = System.nanoTime();
    try (Dataset data = DataSets.open(source)) {
      double open = (System.nanoTime() - start) / 1e9;
      try (DualLoader loader = new DualLoader(data, config, shape, 1, 0, 1, Cursor.START)) {
        run(loader, images / 4);
        start = System.nanoTime();
        long taken = run(loader, images);
        System.out.printf(
            Locale.ROOT,
            "open_s %.2f images_per_second %.0f%n",
            open,
            taken * 1e9 / (System.nanoTime() - start));
      }
    }
  }

  private static long run(DualLoader loader, long images) {
    long taken = 0;
    while (taken < images) {
      try (PairBatch batch = loader.next()) {
        taken += 2L * batch.size();
      }
    }
    return taken;
  }
}
