package ffc.loaders.parquet;

import ffc.loaders.data.BadDataException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Which columns of a file are images and labels. */
record Columns(Leaf image, Leaf label) {
  private static final int SHOWN = 30;
  private static final String LABEL = "label";
  private static final Set<Leaf.Kind> LABELS = Set.of(Leaf.Kind.NUMBER, Leaf.Kind.TEXT);

  /**
   * Finds them: the ones that are named; else the only column of bytes, and the column {@code
   * label} or the only one of numbers or texts that is not part of the images' struct.
   *
   * @throws BadDataException if that leaves a choice, or none
   */
  static Columns of(List<Leaf> leaves, Location location, Path file) {
    if (location.image() != null) {
      return new Columns(
          named(leaves, location.image(), Set.of(Leaf.Kind.BYTES, Leaf.Kind.TEXT), file),
          named(
              leaves,
              location.label(),
              Set.of(Leaf.Kind.NUMBER, Leaf.Kind.TEXT, Leaf.Kind.BYTES),
              file));
    }
    List<Leaf> images = matching(leaves, leaf -> leaf.kind() == Leaf.Kind.BYTES);
    if (images.size() != 1) {
      throw unclear(leaves, file, images.size(), "bytes, which images would be");
    }
    Leaf image = images.get(0);
    List<Leaf> labels =
        matching(leaves, leaf -> LABELS.contains(leaf.kind()) && !leaf.top().equals(image.top()));
    List<Leaf> called = matching(labels, leaf -> leaf.path().equals(LABEL));
    List<Leaf> found = called.isEmpty() ? labels : called;
    if (found.size() != 1) {
      throw unclear(
          leaves, file, found.size(), "numbers or texts and none called label, for the labels");
    }
    return new Columns(image, found.get(0));
  }

  private static List<Leaf> matching(List<Leaf> leaves, Predicate<Leaf> wanted) {
    return leaves.stream().filter(wanted).toList();
  }

  private static Leaf named(List<Leaf> leaves, String name, Set<Leaf.Kind> wanted, Path file) {
    for (String path : List.of(name, name + ".bytes")) {
      for (Leaf leaf : leaves) {
        if (leaf.path().equals(path)) {
          if (!wanted.contains(leaf.kind())) {
            throw new BadDataException(
                "%s: column %s, wanted one of %s"
                    .formatted(
                        file,
                        leaf,
                        wanted.stream()
                            .sorted()
                            .map(kind -> kind.name().toLowerCase(java.util.Locale.ROOT))
                            .collect(Collectors.joining(" or "))));
          }
          return leaf;
        }
      }
    }
    throw new BadDataException(
        "%s: no column %s; there are %s".formatted(file, name, list(leaves)));
  }

  private static BadDataException unclear(List<Leaf> leaves, Path file, int found, String of) {
    return new BadDataException(
        found == 0
            ? "%s: no column of %s; it has %s".formatted(file, of, list(leaves))
            : "%s: %d columns of %s; say which behind the path, %s:IMAGE:LABEL; there are %s"
                .formatted(file, found, of, file.getFileName(), list(leaves)));
  }

  private static String list(List<Leaf> leaves) {
    return leaves.stream().limit(SHOWN).map(Leaf::toString).collect(Collectors.joining(", "))
        + (leaves.size() > SHOWN ? " and " + (leaves.size() - SHOWN) + " more" : "");
  }
}
