package ffc.loaders.bench;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.sample.Keyed;
import ffc.loaders.sample.Permutation;
import ffc.loaders.source.SyntheticSpec;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Builds the indexes that {@code bench/loader_scale} measures, and says what that took.
 *
 * <pre>
 * MakeIndex synth IDENTITIES OUT
 * MakeIndex rows ROWS OUT.tsv            an unsorted manifest, three rows an identity on average
 * MakeIndex manifest IN.tsv OUT
 * </pre>
 */
public final class MakeIndex {
  private MakeIndex() {}

  /** Runs one of the three. */
  public static void main(String[] args) throws Exception {
    Path out = Path.of(args[2]);
    long start = System.nanoTime();
    String format = "index";
    switch (args[0]) {
      case "synth" ->
          IndexBuilder.synthesize(
              new SyntheticSpec(Long.parseLong(args[1]), 3, SyntheticSpec.Tail.zipf, 1),
              out,
              Progress.NONE);
      case "rows" -> {
        rows(Long.parseLong(args[1]), out);
        return;
      }
      case "manifest" ->
          IndexBuilder.build(
              new DataConfig.Source("manifest", args[1]),
              out,
              IndexBuilder.ROWS_PER_RUN,
              Progress.NONE);
      default -> throw new IllegalArgumentException("unknown: " + args[0]);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    try (Dataset data = DataSets.open(new DataConfig.Source(format, out.toString()))) {
      System.out.printf(
          Locale.ROOT,
          "%s identities %d images %d build_seconds %.1f peak_rss_mib %d anonymous_mib %d%n",
          args[0],
          data.identities(),
          data.images(),
          seconds,
          LoaderBench.status("VmHWM:") / 1024,
          LoaderBench.status("RssAnon:") / 1024);
    }
  }

  private static void rows(long rows, Path out) throws Exception {
    Permutation order = new Permutation(rows, 1);
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(out), 1 << 20)) {
      for (long i = 0; i < rows; i++) {
        long row = order.at(i);
        long id = Keyed.below(Keyed.mix(row), rows / 3);
        String line = id + "\t" + id % 1000 + "/" + row + ".jpg\n";
        file.write(line.getBytes(StandardCharsets.US_ASCII));
      }
    }
  }
}
