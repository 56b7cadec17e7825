package ffc.loaders.tools;

import ffc.loaders.data.Bracket;
import ffc.loaders.data.Columns;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.decode.Images;
import ffc.loaders.sample.HeldOut;
import ffc.loaders.source.LabelList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Holds identities out for open-set evaluation: {@code train.rec} with the others, {@code open.rec}
 * with those held out, both in InsightFace's layout, image bytes untouched, and a list that says
 * which identity of the origin each label is.
 */
public final class Split {
  private Split() {}

  /**
   * How many images the identities have: of the source, of those left to train on, of those held
   * out.
   *
   * @param all identities of the source by number of images
   * @param train of {@code train.rec}
   * @param open of {@code open.rec}
   */
  public record Result(
      TreeMap<Long, Long> all, TreeMap<Long, Long> train, TreeMap<Long, Long> open) {

    /** Lines that put the three beside each other. */
    public String text() {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("", "source", "train.rec", "open.rec"));
      rows.add(row("identities", Result::identities));
      rows.add(row("images", Result::images));
      rows.add(List.of("images an identity", mean(all), mean(train), mean(open)));
      for (Bracket images : Bracket.upTo(all.lastKey())) {
        rows.add(row("with " + images, images::identities));
      }
      return Columns.aligned(rows, column -> column > 0);
    }

    private List<String> row(String head, ToLongFunction<TreeMap<Long, Long>> count) {
      List<String> cells = new ArrayList<>(List.of(head));
      for (TreeMap<Long, Long> side : List.of(all, train, open)) {
        cells.add(String.format(Locale.ROOT, "%,d", count.applyAsLong(side)));
      }
      return cells;
    }

    /** Identities of a side. */
    public static long identities(Map<Long, Long> side) {
      return side.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Images of a side. */
    public static long images(Map<Long, Long> side) {
      return side.entrySet().stream().mapToLong(e -> e.getKey() * e.getValue()).sum();
    }

    private static String mean(Map<Long, Long> side) {
      return String.format(Locale.ROOT, "%.2f", (double) images(side) / identities(side));
    }
  }

  /**
   * Splits a set.
   *
   * @param openIdentities identities to hold out, at least 1 and fewer than all
   * @param fewestImages only identities with at least this many images are held out, which takes
   *     them from those to train on; 1 leaves both sides alike
   * @param seed which ones
   * @param out folder, made if needed
   * @throws IllegalArgumentException if it holds such packs already
   */
  public static Result run(
      Dataset data, long openIdentities, int fewestImages, long seed, Path out, Progress progress) {
    Dataset records = Encoded.of(data);
    BitSet held = choose(data, openIdentities, fewestImages, seed);
    RecordIoWriter.check(out.resolve("train.rec"), data.identities() - openIdentities);
    RecordIoWriter.check(out.resolve("open.rec"), openIdentities);
    AsideFile.refuseExisting(out.resolve("train.rec"), out.resolve("open.rec"));
    try (MadeFolders made = new MadeFolders(out)) {
      write(records, held, false, out.resolve("train.rec"), progress);
      write(records, held, true, out.resolve("open.rec"), progress);
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be written: " + e.getMessage(), e);
    }
    Result result = new Result(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    for (long id = 0; id < data.identities(); id++) {
      result.all().merge(data.imageCount(id), 1L, Long::sum);
      (held.get((int) id) ? result.open() : result.train())
          .merge(data.imageCount(id), 1L, Long::sum);
    }
    return result;
  }

  /**
   * Writes a whole set as a pack whose labels run from 0 without gaps, image bytes untouched, and
   * the list of the labels or names that its identities had.
   *
   * @param rec path of the pack, which ends in {@code .rec}; the list is beside it
   * @throws IllegalArgumentException if it exists already
   */
  public static void whole(Dataset data, Path rec, Progress progress) {
    AsideFile.refuseExisting(rec);
    Dataset records = Encoded.of(data);
    RecordIoWriter.check(rec, data.identities());
    try (MadeFolders made = new MadeFolders(rec.toAbsolutePath().getParent())) {
      write(records, new BitSet(), false, rec, progress);
    } catch (IOException e) {
      throw new UncheckedIOException(rec + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static BitSet choose(Dataset data, long wanted, int fewestImages, long seed) {
    BitSet held =
        HeldOut.choose(
            data.name(),
            data.identities(),
            wanted,
            id -> data.imageCount(id) >= fewestImages,
            seed);
    int found = held.cardinality();
    if (found < wanted) {
      throw new IllegalArgumentException(
          "%s: %d identities have %d images or more, %d were to be held out"
              .formatted(data.name(), found, fewestImages, wanted));
    }
    return held;
  }

  private static void write(Dataset data, BitSet held, boolean side, Path rec, Progress progress)
      throws IOException {
    long images = 0;
    int[] size = {0, 0};
    String name = rec.getFileName().toString();
    try (RecordIoWriter pack =
            new RecordIoWriter(
                rec, side ? held.cardinality() : data.identities() - held.cardinality());
        AsideFile labels = new AsideFile(LabelList.of(rec))) {
      labels.write(utf8(LabelList.HEAD));
      for (long id = 0; id < data.identities(); id++) {
        if (held.get((int) id) != side) {
          continue;
        }
        long label = pack.identities();
        pack.identity();
        for (long image = data.firstImage(id); image < data.firstImage(id + 1); image++) {
          if (images++ == 0) {
            size = Images.size(data.encoded(image));
          }
          pack.image(data.encoded(image));
        }
        labels.write(utf8(label(label, data.identityName(id), data.imageCount(id))));
        progress.report("writing " + name, id + 1, data.identities());
      }
      pack.commit(size[0], size[1]);
      labels.commit();
    }
  }

  /** A line of a {@link LabelList}. */
  static String label(long label, String identity, long images) {
    return label + "\t" + identity + "\t" + images + "\n";
  }

  static java.nio.ByteBuffer utf8(String text) {
    return java.nio.ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }
}
