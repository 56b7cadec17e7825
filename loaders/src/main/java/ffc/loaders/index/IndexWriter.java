package ffc.loaders.index;

import com.google.common.io.Closer;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.HeapTable;
import ffc.loaders.table.IdentityTable;
import ffc.loaders.table.MappedFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the files of an index into a folder beside its place and renames the folder when all is on
 * disk, so that an index is there whole or not at all.
 */
final class IndexWriter implements Closeable {
  static final String FIRST = "first.i64";
  static final String HINTS = "hints.i64";
  static final String PLACES = "places.i64";
  static final String LABELS = "labels.i64";
  static final String NAMES = "names.bin";
  static final String SUMS = "sums.i32";

  private final Closer files = Closer.create();
  private final Path folder;
  private final String stamp;
  private final SummedWriter first;
  private final SummedWriter hints;
  private final SummedWriter places;
  private final SummedWriter labels;
  private final Fingerprint fingerprint;
  private long identities;
  private long images;

  /**
   * @param folder the unfinished index
   * @param withPlaces whether images have places
   * @param withLabels whether identities have labels other than their numbers
   * @param stamp of the source
   */
  IndexWriter(Path folder, boolean withPlaces, boolean withLabels, String stamp)
      throws IOException {
    this.stamp = stamp;
    this.fingerprint = new Fingerprint().add(stamp);
    this.folder = folder;
    try {
      this.first = files.register(new SummedWriter(folder.resolve(FIRST)));
      this.hints = files.register(new SummedWriter(folder.resolve(HINTS)));
      this.places = withPlaces ? files.register(new SummedWriter(folder.resolve(PLACES))) : null;
      this.labels = withLabels ? files.register(new SummedWriter(folder.resolve(LABELS))) : null;
    } catch (Throwable e) {
      files.close();
      throw e;
    }
  }

  /** The next images belong to the next identity, whose key in the source is given. */
  void identity(long key1, long key2) throws IOException {
    if (places != null) {
      HeapTable.addIdentity(fingerprint, images, key1, key2);
    }
    if (labels != null) {
      labels.putLong(key1);
    }
    first.putLong(images);
    identities++;
  }

  void image(long place) throws IOException {
    if (places != null) {
      places.putLong(place);
    }
    if (images % IdentityTable.STRIDE == 0) {
      hints.putLong(identities - 1);
    }
    images++;
  }

  /** Ends the table and writes the header: the index is whole on disk, but for its place. */
  void finish(
      String format, String spec, List<IndexHeader.Part> parts, IndexHeader.Catalogue catalogue)
      throws IOException {
    first.putLong(images);
    List<IndexHeader.Content> contents = new ArrayList<>();
    List<int[]> sums = new ArrayList<>();
    add(contents, sums, FIRST, first);
    add(contents, sums, HINTS, hints);
    if (places != null) {
      add(contents, sums, PLACES, places);
    }
    if (labels != null) {
      add(contents, sums, LABELS, labels);
    }
    Path names = folder.resolve(NAMES);
    if (Files.exists(names)) {
      int[] nameSums = sumsOf(names);
      contents.add(new IndexHeader.Content(NAMES, Files.size(names), nameSums.length));
      sums.add(nameSums);
    }
    byte[] table = bytes(sums);
    writeForced(folder.resolve(SUMS), table);
    IndexHeader header =
        new IndexHeader(
            format,
            identities,
            images,
            stamp,
            fingerprint.hex(),
            spec,
            parts,
            catalogue,
            contents,
            IndexHeader.crc(table));
    writeForced(folder.resolve(IndexHeader.FILE), header.text().getBytes(StandardCharsets.UTF_8));
    close();
    force(folder);
  }

  /** Moves a finished index to its place. */
  static void publish(Path folder, Path out) throws IOException {
    Files.move(folder, out, StandardCopyOption.ATOMIC_MOVE);
    force(out.toAbsolutePath().getParent());
  }

  private static void add(
      List<IndexHeader.Content> files, List<int[]> sums, String name, SummedWriter writer)
      throws IOException {
    int[] blocks = writer.finish();
    files.add(new IndexHeader.Content(name, writer.size(), blocks.length));
    sums.add(blocks);
  }

  private static int[] sumsOf(Path path) {
    MappedFile file = MappedFile.open(path);
    int[] sums = new int[(int) ((file.size() + CheckedFile.BLOCK - 1) / CheckedFile.BLOCK)];
    for (int i = 0; i < sums.length; i++) {
      long at = (long) i * CheckedFile.BLOCK;
      sums[i] = file.crc(at, Math.min(at + CheckedFile.BLOCK, file.size()));
    }
    return sums;
  }

  private static byte[] bytes(List<int[]> sums) {
    int count = sums.stream().mapToInt(s -> s.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int[] part : sums) {
      for (int sum : part) {
        bytes.putInt(sum);
      }
    }
    return bytes.array();
  }

  static void writeForced(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  static void force(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
