package ffc.loaders.parquet;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.PositionalFile;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Statistics;
import org.apache.parquet.format.Util;

/**
 * One Parquet file, of which two columns are read:
 *
 * <pre>
 * file    = "PAR1", chunks, footer, i32 length of the footer, "PAR1"
 * footer  = FileMetaData: the columns, and for each group of rows where each column's chunk begins
 * chunk   = page of a dictionary?, pages of data          (the rows of a group in one column)
 * page    = PageHeader, content                           (see {@link PageDecoder})
 * </pre>
 *
 * FileMetaData and PageHeader are structs of Thrift's compact protocol, read by the format's own
 * library.
 */
final class ParquetFile implements Closeable {
  private static final String MAGIC = "PAR1";
  private static final String ENCRYPTED = "PARE";

  /** Length and magic behind the footer. */
  private static final int TAIL = 8;

  private static final int LONGEST_FOOTER = 100_000_000;

  private final PositionalFile file;
  private final long check;
  private final long[] groups;
  private final Column image;
  private final Column label;

  private ParquetFile(PositionalFile file, long check, long[] groups, Column image, Column label) {
    this.file = file;
    this.check = check;
    this.groups = groups;
    this.image = image;
    this.label = label;
  }

  /**
   * Opens a file.
   *
   * @throws BadDataException if it is none, is damaged or encrypted, or it is not clear which
   *     columns are meant
   */
  static ParquetFile open(Path path, Location location) {
    PositionalFile file = PositionalFile.open(path);
    try {
      return read(file, location);
    } catch (IOException e) {
      file.close();
      throw new BadDataException(path + ": " + e.getMessage(), e);
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  private static ParquetFile read(PositionalFile file, Location location) throws IOException {
    byte[] footer = footer(file);
    FileMetaData data;
    List<Leaf> leaves;
    try {
      data = Util.readFileMetaData(new ByteArrayInputStream(footer));
      leaves = Leaf.of(data.getSchema());
    } catch (IOException | RuntimeException e) { // whatever damage leads to
      throw new IOException("footer of %d bytes is damaged".formatted(footer.length), e);
    }
    Columns columns = Columns.of(leaves, location, file.path());
    List<RowGroup> rowGroups = data.getRow_groups();
    long[] groups = new long[rowGroups.size() + 1];
    Column.Chunk[] images = new Column.Chunk[rowGroups.size()];
    Column.Chunk[] labels = new Column.Chunk[rowGroups.size()];
    long end = file.size() - TAIL - footer.length;
    for (int group = 0; group < images.length; group++) {
      RowGroup rows = rowGroups.get(group);
      long next = groups[group] + rows.getNum_rows();
      if (rows.getNum_rows() < 0 || next < 0 || rows.getColumnsSize() != leaves.size()) {
        throw new IOException("footer is damaged: row group %d".formatted(group));
      }
      groups[group + 1] = next;
      images[group] = chunk(rows, columns.image(), end);
      labels[group] = chunk(rows, columns.label(), end);
    }
    if (groups[images.length] != data.getNum_rows()) {
      throw new IOException(
          "footer is damaged: %d rows in its groups, %d in all"
              .formatted(groups[images.length], data.getNum_rows()));
    }
    CRC32C check = new CRC32C();
    check.update(footer);
    return new ParquetFile(
        file,
        check.getValue(),
        groups,
        new Column(file, end, columns.image(), images, groups),
        new Column(file, end, columns.label(), labels, groups));
  }

  private static byte[] footer(PositionalFile file) throws IOException {
    long size = file.size();
    String head = text(file.read(0, (int) Math.min(size, MAGIC.length())));
    if (head.equals(ENCRYPTED)) {
      throw new IOException("is encrypted");
    }
    if (!head.equals(MAGIC)) {
      throw new IOException("is no Parquet file: does not begin with " + MAGIC);
    }
    ByteBuffer tail = file.read(Math.max(0, size - TAIL), (int) Math.min(size, TAIL));
    int length = size < TAIL + MAGIC.length() ? -1 : tail.getInt();
    String magic = text(tail);
    if (magic.equals(ENCRYPTED)) {
      throw new IOException("is encrypted");
    }
    if (length <= 0 || !magic.equals(MAGIC) || length > size - TAIL - MAGIC.length()) {
      throw new IOException("does not end as Parquet files do: it was cut or is damaged");
    }
    if (length > LONGEST_FOOTER) {
      throw new IOException("footer of %d bytes, at most 100 MB is read".formatted(length));
    }
    byte[] footer = new byte[length];
    file.read(size - TAIL - length, length).get(footer);
    return footer;
  }

  private static String text(ByteBuffer bytes) {
    byte[] text = new byte[bytes.remaining()];
    bytes.get(text);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static Column.Chunk chunk(RowGroup rows, Leaf leaf, long end) throws IOException {
    ColumnChunk chunk = rows.getColumns().get(leaf.number());
    if (chunk.isSetCrypto_metadata() || !chunk.isSetMeta_data()) {
      throw new IOException("column %s is encrypted".formatted(leaf.path()));
    }
    if (chunk.isSetFile_path()) {
      throw new IOException("column %s lies in another file".formatted(leaf.path()));
    }
    ColumnMetaData data = chunk.getMeta_data();
    long first = data.getData_page_offset();
    long dictionary = data.isSetDictionary_page_offset() ? data.getDictionary_page_offset() : 0;
    long start = dictionary > 0 ? Math.min(dictionary, first) : first;
    if (data.getNum_values() != rows.getNum_rows()
        || data.getType() != leaf.type()
        || !String.join(".", data.getPath_in_schema()).equals(leaf.path())
        || rows.getNum_rows() > 0 && (start < MAGIC.length() || start > end)) {
      throw new IOException("footer is damaged: column %s".formatted(leaf.path()));
    }
    try {
      Codec.check(data.getCodec());
    } catch (IOException e) {
      throw new IOException("column %s is %s".formatted(leaf.path(), e.getMessage()), e);
    }
    Statistics statistics = data.getStatistics();
    boolean none = data.isSetStatistics() && statistics.isSetNull_count();
    return new Column.Chunk(start, data.getCodec(), !none || statistics.getNull_count() != 0);
  }

  Path path() {
    return file.path();
  }

  long size() {
    return file.size();
  }

  /** Checksum of the footer. */
  long check() {
    return check;
  }

  long rows() {
    return groups[groups.length - 1];
  }

  /** First row of each group, and the number of rows. */
  long[] groups() {
    return groups;
  }

  Column image() {
    return image;
  }

  Column label() {
    return label;
  }

  /** Bytes of the file, valid until the calling thread reads again. */
  ByteBuffer bytes(long offset, int length) throws IOException {
    return file.read(offset, length);
  }

  /** A row for messages. */
  String describe(long row) {
    return path() + " row " + row;
  }

  @Override
  public void close() {
    file.close();
  }
}
