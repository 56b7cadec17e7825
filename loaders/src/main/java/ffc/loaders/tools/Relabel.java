package ffc.loaders.tools;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.decode.Images;
import ffc.loaders.source.LabelList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
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
   * Refuses what {@link #run} and {@link #inOrder} would, before work for them begins.
   *
   * @param rec path of the pack
   * @param identities how many it will have, at most
   * @throws IllegalArgumentException if the pack exists already, as it does where the source itself
   *     lies, or a pack cannot have as many identities
   */
  public static void check(Path rec, long identities) {
    AsideFile.refuseExisting(rec);
    RecordIoWriter.check(rec, identities);
  }

  /**
   * Writes the pack.
   *
   * @param identity new identity of each image, any numbers, negative to leave the image out;
   *     identities are written in rising order and numbered from 0
   * @param rec path of the pack, which ends in {@code .rec}
   * @throws IllegalArgumentException if there is not one number an image, no image is left, or as
   *     {@link #check}
   */
  public static Result run(Dataset data, long[] identity, Path rec, Progress progress) {
    return run(data, identity, image -> nameOf(data, image), rec, progress);
  }

  /**
   * As {@link #run(Dataset, long[], Path, Progress)}, under other names.
   *
   * @param name name of what an image is of; those of one new identity are joined in the list
   */
  public static Result run(
      Dataset data, long[] identity, IntFunction<String> name, Path rec, Progress progress) {
    if (identity.length != data.images()) {
      throw new IllegalArgumentException(
          "%s: got %d identities, wanted one for each of %d images"
              .formatted(data.name(), identity.length, data.images()));
    }
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
    return write(data, kept, i -> identity[kept[i]], name, rec, progress);
  }

  /**
   * Writes all images under the same identities in another order, numbered anew.
   *
   * @param identities every identity of the set once, in their new order
   * @param rec path of the pack, which ends in {@code .rec}
   * @throws IllegalArgumentException if these are not all identities, each once, the set has 2^31
   *     images or more, or as {@link #check}
   */
  public static Result inOrder(Dataset data, long[] identities, Path rec, Progress progress) {
    if (data.images() > Integer.MAX_VALUE - 8 || identities.length != data.identities()) {
      throw new IllegalArgumentException(
          "%s: got %d identities in order, wanted all %d, of fewer than 2^31 images"
              .formatted(data.name(), identities.length, data.identities()));
    }
    int[] images = new int[(int) data.images()];
    BitSet seen = new BitSet();
    int at = 0;
    for (long identity : identities) {
      if (seen.get((int) identity)) {
        throw new IllegalArgumentException(
            data.name() + ": identity " + identity + " comes twice in the order");
      }
      seen.set((int) identity);
      long end = data.firstImage(identity + 1);
      for (long image = data.firstImage(identity); image < end; image++) {
        images[at++] = (int) image;
      }
    }
    return write(
        data, images, i -> data.identityOf(images[i]), image -> nameOf(data, image), rec, progress);
  }

  private static String nameOf(Dataset data, int image) {
    return data.identityName(data.identityOf(image));
  }

  /**
   * @param images what is written, those of one new identity together
   * @param identity the new identity of the i-th of them
   * @param name of an image
   */
  private static Result write(
      Dataset data,
      int[] images,
      IntToLongFunction identity,
      IntFunction<String> name,
      Path rec,
      Progress progress) {
    Dataset records = Encoded.of(data);
    long identities = 1;
    for (int i = 1; i < images.length; i++) {
      identities += identity.applyAsLong(i) != identity.applyAsLong(i - 1) ? 1 : 0;
    }
    check(rec, identities);
    try (MadeFolders made = new MadeFolders(rec.toAbsolutePath().getParent())) {
      try (RecordIoWriter pack = new RecordIoWriter(rec, identities);
          AsideFile labels = new AsideFile(LabelList.of(rec))) {
        labels.write(Split.utf8(LabelList.HEAD));
        Set<String> names = new LinkedHashSet<>(); // of the identities that one is made of
        long ofIdentity = 0;
        for (int i = 0; i < images.length; i++) {
          long now = identity.applyAsLong(i);
          if (i == 0 || now != identity.applyAsLong(i - 1)) {
            pack.identity();
          }
          pack.image(records.encoded(images[i]));
          names.add(name.apply(images[i]));
          ofIdentity++;
          if (i + 1 == images.length || now != identity.applyAsLong(i + 1)) {
            String joined = String.join(" + ", names);
            labels.write(Split.utf8(Split.label(pack.identities() - 1, joined, ofIdentity)));
            names.clear();
            ofIdentity = 0;
          }
          progress.report("writing " + rec.getFileName(), i + 1, images.length);
        }
        int[] size = Images.size(records.encoded(images[0]));
        pack.commit(size[0], size[1]);
        labels.commit();
        return new Result(pack.identities(), images.length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(rec + ": cannot be written: " + e.getMessage(), e);
    }
  }
}
