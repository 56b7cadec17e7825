package ffc.loaders.index;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.source.Synthetic;
import ffc.loaders.table.IdentityTable;
import ffc.loaders.table.ImageTable;
import ffc.loaders.table.LongArray;
import ffc.loaders.table.MappedFile;
import ffc.loaders.table.Names;
import ffc.loaders.table.Place;
import ffc.loaders.table.RecordDataset;
import ffc.loaders.table.Source;
import ffc.loaders.table.SyntheticDataset;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A folder that maps identities to images of any source, as memory-mapped 64-bit numbers: opening
 * reads the header alone, whatever the number of identities.
 *
 * <pre>
 * index.ffc    header, see {@link IndexHeader}
 * first.i64    first image of each identity, and the number of images: C + 1 numbers
 * hints.i64    identity of every 64th image
 * places.i64   place of each image: part &lt;&lt; 48 | offset of record, node or row (not synthetic)
 * labels.i64   label of each identity, where labels have gaps
 * names.bin    rows of paths, where the source's images are files
 * sums.i32     CRC-32C of every 64 KiB of these files
 * </pre>
 *
 * All numbers are little-endian. Blocks are checked when they are first touched. Lists of a source
 * that changed, and folders of identities that came or went, are noticed when the index is opened;
 * what changes inside of an identity's folder is not.
 */
public final class DatasetIndex {
  /** The format {@code index}. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "index";
    }

    @Override
    public boolean claims(String path) {
      return Files.exists(DataFormats.path(path).resolve(IndexHeader.FILE));
    }

    @Override
    public Dataset open(DataConfig.Source set, long cacheBytes) {
      return DatasetIndex.open(DataFormats.path(set.text()), cacheBytes);
    }

    /** That of the source; none where no index is yet. */
    @Override
    public long pageBytes(DataConfig.Source set) {
      Path folder = DataFormats.path(set.text());
      return claims(set.text())
          ? DataFormats.of(IndexHeader.read(folder).format()).pageBytes(set)
          : 0;
    }

    @Override
    public void check(DataConfig.Source set) {
      verify(DataFormats.path(set.text()));
    }
  }

  private final Path folder;
  private final IndexHeader header;
  private final Map<String, CheckedFile> files = new HashMap<>();

  private DatasetIndex(Path folder) {
    this.folder = folder;
    this.header = IndexHeader.read(folder);
    MappedFile sums = MappedFile.open(folder.resolve(IndexWriter.SUMS));
    byte[] bytes = new byte[(int) Math.min(sums.size(), 1 << 28)];
    sums.slice(0, bytes.length).get(bytes);
    String found = IndexHeader.crc(bytes);
    if (!found.equals(header.sums())) {
      throw new BadDataException(
          "%s: checksum %s, expected %s; build the index again"
              .formatted(sums.path(), found, header.sums()));
    }
    int at = 0;
    for (IndexHeader.Content content : header.files()) {
      MappedFile file = MappedFile.open(folder.resolve(content.name()));
      if (file.size() != content.bytes()) {
        throw new BadDataException(
            "%s: %d bytes, expected %d; build the index again"
                .formatted(file.path(), file.size(), content.bytes()));
      }
      int[] blockSums = new int[content.blocks()];
      ByteBuffer part = sums.slice(4L * at, 4 * blockSums.length);
      part.asIntBuffer().get(blockSums);
      at += blockSums.length;
      files.put(content.name(), new CheckedFile(file, blockSums, "build the index again"));
    }
  }

  /**
   * Opens an index as a data set.
   *
   * @param cacheBytes encoded records to keep in memory, 0 for none
   * @throws BadDataException if the index is damaged, or its source changed since it was built
   */
  public static Dataset open(Path folder, long cacheBytes) {
    return new DatasetIndex(folder).dataset(cacheBytes);
  }

  /**
   * Compares every block of an index with its checksum.
   *
   * @throws BadDataException at the first damaged one
   */
  public static void verify(Path folder) {
    new DatasetIndex(folder).files.values().forEach(CheckedFile::verifyAll);
  }

  private Dataset dataset(long cacheBytes) {
    long images = header.images();
    LongArray first = within(IndexWriter.FIRST, header.identities() + 1, images, true);
    if (first.get(header.identities()) != images) {
      throw new BadDataException(
          "%s: header and %s disagree; build the index again".formatted(folder, IndexWriter.FIRST));
    }
    long hints = (images + IdentityTable.STRIDE - 1) / IdentityTable.STRIDE;
    IdentityTable identities =
        new IdentityTable(first, within(IndexWriter.HINTS, hints, header.identities() - 1, false));
    if (header.format().equals("synthetic")) {
      return new SyntheticDataset(
          folder.toString(), header.spec(), identities, Synthetic.parse(header.spec()).seed());
    }
    Source source = source();
    try {
      return dataset(source, identities, cacheBytes);
    } catch (Throwable e) {
      source.close();
      throw e;
    }
  }

  /** Where the images are, in a few words. */
  private static String parts(Source source) {
    List<Path> parts = source.parts();
    return parts.get(0) + (parts.size() == 1 ? "" : " and " + (parts.size() - 1) + " more");
  }

  private Dataset dataset(Source source, IdentityTable identities, long cacheBytes) {
    if (source.stampIsCheap() && !source.stamp().equals(header.stamp())
        || !header.catalogue().isOf(source)) {
      throw new BadDataException(
          "%s: the source %s changed since it was indexed; build the index again"
              .formatted(folder, parts(source)));
    }
    CheckedFile names = files.get(IndexWriter.NAMES);
    long images = header.images();
    ImageTable table =
        new ImageTable(
            identities,
            within(IndexWriter.PLACES, images, Place.last(header.parts().size()), false),
            names == null ? null : new Names(names),
            LongArray.of(header.parts().stream().mapToLong(IndexHeader.Part::base).toArray()),
            files.get(IndexWriter.LABELS));
    return new RecordDataset(source, header.fingerprint(), table, cacheBytes);
  }

  private Source source() {
    DataFormat format = DataFormats.of(header.format());
    List<Path> paths = header.parts().stream().map(part -> part.resolve(folder, format)).toList();
    try {
      return format.source(folder.toString(), paths, files.containsKey(IndexWriter.LABELS));
    } catch (BadDataException e) {
      throw new BadDataException(folder + ": its source cannot be opened: " + e.getMessage(), e);
    }
  }

  private LongArray within(String name, long length, long high, boolean ascending) {
    return new Within(folder.resolve(name).toString(), file(name), length, 0, high, ascending);
  }

  private CheckedFile file(String name) {
    CheckedFile file = files.get(name);
    if (file == null) {
      throw new BadDataException(folder + ": " + name + " is not in the header");
    }
    return file;
  }
}
