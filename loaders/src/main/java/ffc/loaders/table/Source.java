package ffc.loaders.table;

import java.io.Closeable;
import java.nio.file.Path;
import java.util.List;

/**
 * A source of labelled images, read in place. It can be walked from any position in constant
 * memory, and gives access to its images by the places found while walking. Its files are open
 * until it or its {@link #records} are closed.
 */
public interface Source extends Closeable {

  /** Kind of source: {@code recordio}, {@code files} or {@code lmdb}. */
  String kind();

  /** Path(s), for messages. */
  String name();

  /** Files or folders that images are read from, by part. */
  List<Path> parts();

  /**
   * Hash of sizes and headers, without a walk: changes when the source is replaced.
   *
   * @return 16 hexadecimal digits
   */
  String stamp();

  /** Whether {@link #stamp} takes no walk, so that it can be compared at every opening. */
  default boolean stampIsCheap() {
    return true;
  }

  /**
   * Files or folders that say which image belongs to which identity: lists, indexes of packs,
   * folders of identities. Their times tell at every opening whether to look again.
   */
  List<Path> catalogues();

  /**
   * Hash of what {@link #catalogues} say: reads the files, lists the folders. It changes when lines
   * are exchanged that leave the sizes as they were.
   */
  default String catalogueHash() {
    Fingerprint hash = new Fingerprint();
    for (Path list : catalogues()) {
      MappedFile file = MappedFile.open(list);
      hash.add(file.size()).add(file.crc(0, file.size()));
    }
    return hash.hex();
  }

  /** Units of work of a whole walk, for progress. */
  long work();

  /**
   * Walks the rows after a position.
   *
   * @throws ffc.loaders.data.BadDataException if the source is corrupt or inconsistent
   */
  void scan(Position from, RowSink sink);

  /** Lines on what the last walk left out; may be empty. */
  default List<String> notes() {
    return List.of();
  }

  /** The images, by the table that a walk filled; closing them closes the source. */
  Records records(ImageTable table);

  /** Whether keys are labels that may have gaps and are numbered anew. */
  default boolean compact() {
    return false;
  }

  /** Name of an identity, given the place of its first image. */
  default String identityName(long identity, ImageTable table) {
    return Long.toString(table.label(identity));
  }

  @Override
  default void close() {}

  /**
   * A place in a walk.
   *
   * @param part number of the pack, database or list being walked
   * @param offset place in it, of the source's own making
   * @param base identities of the parts before
   * @param top largest label met in this part, -1 if none
   * @param rows images met in this part
   * @param joints what the source has summed up over the records of this part
   */
  record Position(int part, long offset, long base, long top, long rows, long joints) {
    public static final Position START = beginning(0, 0);

    /** Where a part begins. */
    public static Position beginning(int part, long base) {
      return new Position(part, 0, base, -1, 0, 0);
    }
  }

  /** Receives the rows of a walk. */
  interface RowSink {

    /**
     * One image. Rows are grouped by (key1, key2) and identities numbered in their order; images of
     * an identity are numbered in the order of places.
     *
     * @param done units of work done so far
     */
    void row(long key1, long key2, long place, Position after, long done);

    /**
     * A part begins.
     *
     * @param base identities of the parts before it
     */
    void part(int part, long base);

    /** Stores a text row and returns its offset, to be used in a place. */
    long name(byte[] text, int from, int length);

    /**
     * The walk is complete.
     *
     * @param labels number of identities if key1 is a label that must run from 0 without gaps, or
     *     -1 if keys are names of any kind
     */
    void end(long labels);
  }
}
