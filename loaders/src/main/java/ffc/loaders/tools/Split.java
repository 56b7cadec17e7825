package ffc.loaders.tools;

import ffc.loaders.Dataset;
import ffc.loaders.Progress;
import ffc.loaders.image.ImageDecoder;
import ffc.loaders.sample.Keyed;
import ffc.loaders.sample.Permutation;
import ffc.loaders.store.RecordDataset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/**
 * Holds identities out for open-set evaluation: {@code train.rec} with the others, {@code open.rec}
 * with those held out, both in InsightFace's layout, image bytes untouched, and a list that says
 * which identity of the origin each label is.
 */
public final class Split {
  private Split() {}

  /** Numbers of identities and images on both sides. */
  public record Result(
      long trainIdentities, long trainImages, long openIdentities, long openImages) {}

  /**
   * Splits a set.
   *
   * @param openIdentities identities to hold out, at least 1 and fewer than all
   * @param fewestImages only identities with at least this many images are held out: pairs of one
   *     identity need two
   * @param seed which ones
   * @param out folder, made if needed
   */
  public static Result run(
      Dataset data, long openIdentities, int fewestImages, long seed, Path out, Progress progress) {
    RecordDataset records = Encoded.of(data);
    BitSet held = choose(data, openIdentities, fewestImages, seed);
    RecordIoWriter.check(out.resolve("train.rec"), data.identities() - openIdentities);
    RecordIoWriter.check(out.resolve("open.rec"), openIdentities);
    try {
      Files.createDirectories(out);
      long[] train = write(records, held, false, out.resolve("train.rec"), progress);
      long[] open = write(records, held, true, out.resolve("open.rec"), progress);
      return new Result(train[0], train[1], open[0], open[1]);
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static BitSet choose(Dataset data, long wanted, int fewestImages, long seed) {
    if (data.identities() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          data.name() + ": " + data.identities() + " identities, at most 2^31 can be split");
    }
    if (wanted < 1 || wanted >= data.identities()) {
      throw new IllegalArgumentException(
          "identities to hold out: %d, wanted 1 to %d".formatted(wanted, data.identities() - 1));
    }
    BitSet held = new BitSet();
    Permutation order = new Permutation(data.identities(), Keyed.hash(seed, 0));
    long found = 0;
    for (long i = 0; i < data.identities() && found < wanted; i++) {
      long id = order.at(i);
      if (data.imageCount(id) >= fewestImages) {
        held.set((int) id);
        found++;
      }
    }
    if (found < wanted) {
      throw new IllegalArgumentException(
          "%s: %d identities have %d images or more, %d were to be held out"
              .formatted(data.name(), found, fewestImages, wanted));
    }
    return held;
  }

  private static long[] write(
      RecordDataset data, BitSet held, boolean side, Path rec, Progress progress)
      throws IOException {
    long images = 0;
    int[] size = {0, 0};
    String name = rec.getFileName().toString();
    Path list = rec.resolveSibling(name.substring(0, name.length() - 4) + ".labels.tsv");
    try (RecordIoWriter pack =
            new RecordIoWriter(
                rec, side ? held.cardinality() : data.identities() - held.cardinality());
        AsideFile labels = new AsideFile(list)) {
      labels.write(utf8("label\tidentity\timages\n"));
      for (long id = 0; id < data.identities(); id++) {
        if (held.get((int) id) != side) {
          continue;
        }
        long label = pack.identities();
        pack.identity();
        for (long image = data.firstImage(id); image < data.firstImage(id + 1); image++) {
          if (images++ == 0) {
            size = ImageDecoder.size(data.encoded(image));
          }
          pack.image(data.encoded(image));
        }
        labels.write(
            utf8(label + "\t" + data.identityName(id) + "\t" + data.imageCount(id) + "\n"));
        progress.report("writing " + name, id + 1, data.identities());
      }
      pack.commit(size[0], size[1]);
      labels.commit();
      return new long[] {pack.identities(), images};
    }
  }

  private static java.nio.ByteBuffer utf8(String text) {
    return java.nio.ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }
}
