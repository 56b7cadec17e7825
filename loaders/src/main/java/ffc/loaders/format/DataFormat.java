package ffc.loaders.format;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.table.HeapTable;
import ffc.loaders.table.Source;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * A format of labelled image sets. A new one is a class with a {@link Source} and this beside it,
 * and one line of {@code META-INF/services/ffc.loaders.format.DataFormat}, here or in a jar on the
 * class path: settings, schema, commands, index, plan and checks know it from there.
 *
 * <p>Implementations are public, have a constructor without parameters and keep nothing.
 */
public interface DataFormat {

  /** What {@code format} names it by in settings: a word of lower-case letters. */
  String name();

  /**
   * Whether what lies at a path is of this format; nothing need be there.
   *
   * @param path as it was typed, of the first part where there are several
   */
  boolean claims(String path);

  /** Whether it takes what no other claims, such as any folder: such formats are asked last. */
  default boolean claimsTheRest() {
    return false;
  }

  /** Whether images are stored, so that their bytes can be copied and networks judged by them. */
  default boolean storesImages() {
    return true;
  }

  /** Whether sets of it may be remote objects: their address takes the place of a path. */
  default boolean remote() {
    return false;
  }

  /** Bytes of heap that an open set keeps of its images at most, beside those of a cache. */
  default long pageBytes(DataConfig.Source set) {
    return 0;
  }

  /**
   * What a file of such a set is by its first bytes, in the words of {@link FileKind}, where sets
   * of other formats never are; empty for others.
   */
  default String fileKind() {
    return "";
  }

  /**
   * Files and folders that must exist for a part of a set to be read, the one with images first.
   */
  default List<Path> files(Path part) {
    return List.of(part);
  }

  /**
   * The number of identities of a set where it is written somewhere; empty where it takes an open
   * set to know.
   *
   * @throws BadDataException if what is there cannot be such a set
   */
  default OptionalLong identities(DataConfig.Source set) {
    return OptionalLong.empty();
  }

  /**
   * The images behind a set, from which tables and indexes are made.
   *
   * @param name for messages
   * @param paths parts, at least one
   * @param compact whether labels may have gaps and are numbered anew
   * @throws IllegalArgumentException if sets of this format are not made of such
   */
  default Source source(String name, List<Path> paths, boolean compact) {
    throw new IllegalArgumentException(name + ": format " + name() + " needs no index");
  }

  /**
   * Opens a set.
   *
   * @param cacheBytes encoded records to keep in memory, 0 for none
   * @return owned by the caller
   * @throws BadDataException if it is missing, corrupt or inconsistent
   */
  default Dataset open(DataConfig.Source set, long cacheBytes) {
    return HeapTable.open(DataFormats.source(set), cacheBytes);
  }

  /**
   * Opens a set for inspection: what can be passed over is, such as folders without an image.
   *
   * @param faults hears a line of each
   * @throws BadDataException if it is missing, corrupt or inconsistent in any other way
   */
  default Dataset inspect(DataConfig.Source set, Consumer<String> faults) {
    return open(set, 0);
  }

  /**
   * Looks at what a set has beside images, such as checksums.
   *
   * @throws BadDataException at the first fault
   */
  default void check(DataConfig.Source set) {}

  /** A walk by which faults of records are told one by one; empty if images are read by number. */
  default Optional<Sweep> sweep(DataConfig.Source set) {
    return Optional.empty();
  }
}
