package ffc.loaders.photos;

import ffc.loaders.data.Counted;
import ffc.loaders.tools.Split;
import java.nio.file.Path;
import java.util.TreeMap;

/** What an import says at its end. */
final class ImportText {
  private final PhotoImport.Options options;
  private final TreeMap<Long, Long> train;
  private final TreeMap<Long, Long> open;

  /**
   * @param train identities by number of pictures
   * @param open of those held out
   */
  ImportText(PhotoImport.Options options, TreeMap<Long, Long> train, TreeMap<Long, Long> open) {
    this.options = options;
    this.train = train;
    this.open = open;
  }

  /**
   * All of it.
   *
   * @param landmarks of an alignment, or null
   * @param before files that an earlier run had done
   */
  String lines(
      Landmarks landmarks,
      long before,
      OriginalSizes sizes,
      Duplicates duplicates,
      LeftOut leftOut) {
    StringBuilder text = new StringBuilder(pack(options.train(), train));
    if (!open.isEmpty()) {
      text.append(pack(options.openSet(), open)).append(sides());
    }
    text.append(
        "  the pictures were %s to %s (height x width)"
            .formatted(sizes.smallest(), sizes.largest()));
    text.append(
        sizes.enlarged() == 0
            ? "%n".formatted()
            : "; %s smaller than %dx%d and enlarged%n"
                .formatted(
                    sizes.enlarged() == 1 ? "1 is" : "%,d are".formatted(sizes.enlarged()),
                    options.height(),
                    options.width()));
    if (before > 0) {
      text.append("  %,d files had been done when the import was stopped%n".formatted(before));
    }
    if (Split.Result.identities(train) == 1) {
      text.append("  training wants two identities at least\n");
    }
    if (landmarks != null) {
      text.append(landmarks.unused());
    }
    Path out = options.out();
    if (duplicates.near() + duplicates.elsewhere() > 0) {
      text.append(
          "kept, but there twice (%s): %,d look like another of their identity, %,d have the same bytes as one of another%n"
              .formatted(out.resolve("duplicates.tsv"), duplicates.near(), duplicates.elsewhere()));
    }
    long missing = leftOut.counts().values().stream().mapToLong(Long::longValue).sum();
    return text.append(
            missing == 0
                ? "nothing was left out\n"
                : "left out (%s): %,d%n%s"
                    .formatted(out.resolve("left-out.tsv"), missing, leftOut.text()))
        .toString();
  }

  private String pack(Path rec, TreeMap<Long, Long> images) {
    String line =
        "%s: %s, %s of %dx%d%n"
            .formatted(
                rec,
                Counted.of(Split.Result.identities(images), "identity"),
                Counted.of(Split.Result.images(images), "picture"),
                options.height(),
                options.width());
    long single = images.getOrDefault(1L, 0L);
    return single == 0
        ? line
        : line
            + "  %s %s a single picture%n"
                .formatted(Counted.of(single, "identity"), single == 1 ? "has" : "have");
  }

  private String sides() {
    TreeMap<Long, Long> all = new TreeMap<>(train);
    open.forEach((images, identities) -> all.merge(images, identities, Long::sum));
    long missing = options.open() - Split.Result.identities(open);
    String fewer =
        missing == 0
            ? ""
            : "  %s to hold out %s no picture that can be taken%n"
                .formatted(Counted.of(missing, "identity"), missing == 1 ? "has" : "have");
    return fewer + new Split.Result(all, train, open).text();
  }
}
