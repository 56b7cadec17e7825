package ffc.loaders.tools;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.image.ImageDecoder;
import ffc.loaders.source.LabelList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Writes a set anew under other labels: a pack in InsightFace's layout with some images left out
 * and identities joined, image bytes untouched, and a list of the identities that each label was.
 * The source is only read.
 */
public final class Relabel {
  private Relabel() {}

  /** Numbers of identities and images written. */
  public record Result(long identities, long images) {}

  /**
   * Writes the pack.
   *
   * @param identity new identity of each image, any numbers, negative to leave the image out;
   *     identities are written in rising order and numbered from 0
   * @param rec path of the pack, which ends in {@code .rec}
   * @throws IllegalArgumentException if there is not one number an image, or no image is left
   */
  public static Result run(Dataset data, long[] identity, Path rec, Progress progress) {
    if (identity.length != data.images()) {
      throw new IllegalArgumentException(
          "%s: got %d identities, wanted one for each of %d images"
              .formatted(data.name(), identity.length, data.images()));
    }
    Dataset records = Encoded.of(data);
    int[] kept =
        IntStream.range(0, identity.length)
            .filter(image -> identity[image] >= 0)
            .boxed()
            .sorted(Comparator.comparingLong(image -> identity[image]))
            .mapToInt(Integer::intValue)
            .toArray();
    if (kept.length == 0) {
      throw new IllegalArgumentException(data.name() + ": no image is left to be written");
    }
    long identities = 1;
    for (int i = 1; i < kept.length; i++) {
      identities += identity[kept[i]] != identity[kept[i - 1]] ? 1 : 0;
    }
    RecordIoWriter.check(rec, identities);
    try (MadeFolders made = new MadeFolders(rec.toAbsolutePath().getParent())) {
      try (RecordIoWriter pack = new RecordIoWriter(rec, identities);
          AsideFile labels = new AsideFile(LabelList.of(rec))) {
        labels.write(Split.utf8(LabelList.HEAD));
        Set<String> names = new LinkedHashSet<>(); // of the identities that one is made of
        long images = 0;
        for (int i = 0; i < kept.length; i++) {
          if (i == 0 || identity[kept[i]] != identity[kept[i - 1]]) {
            pack.identity();
          }
          pack.image(records.encoded(kept[i]));
          names.add(data.identityName(data.identityOf(kept[i])));
          images++;
          if (i + 1 == kept.length || identity[kept[i]] != identity[kept[i + 1]]) {
            String joined = String.join(" + ", names);
            labels.write(Split.utf8(Split.label(pack.identities() - 1, joined, images)));
            names.clear();
            images = 0;
          }
          progress.report("writing " + rec.getFileName(), i + 1, kept.length);
        }
        int[] size = ImageDecoder.size(records.encoded(kept[0]));
        pack.commit(size[0], size[1]);
        labels.commit();
        return new Result(pack.identities(), kept.length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(rec + ": cannot be written: " + e.getMessage(), e);
    }
  }
}
