package ffc.loaders.parquet;

import java.io.IOException;
import java.util.zip.CRC32;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Type;

/**
 * Makes values of the bytes of a page:
 *
 * <pre>
 * page of version 1 = packed(i32 length, {@link Runs} of levels, values)   (no levels where nothing may be null)
 * page of version 2 = runs of levels, packed(values)
 * values            = PLAIN: i32 or i64, or (i32 length, bytes)
 *                   | RLE_DICTIONARY: u8 width, runs of places in the dictionary
 *                   | {@link Deltas}
 * dictionary        = packed(PLAIN values)
 * </pre>
 *
 * A level says how many of the structs around a value, it included, are there. All numbers are
 * little-endian.
 */
final class PageDecoder {
  private final Leaf leaf;
  private final CompressionCodec codec;
  private final PageHeader header;
  private final byte[] content;
  private byte[] bytes;
  private int at;

  /** Where {@link #bytes} begin within the page's content, if they are a part of it. */
  private int skipped;

  /**
   * @param content of the page as it is in the file
   * @throws IOException if it has another checksum than its header says
   */
  PageDecoder(Leaf leaf, CompressionCodec codec, PageHeader header, byte[] content)
      throws IOException {
    this.leaf = leaf;
    this.codec = codec;
    this.header = header;
    this.content = content;
    if (header.isSetCrc()) {
      CRC32 crc = new CRC32();
      crc.update(content);
      if ((int) crc.getValue() != header.getCrc()) {
        throw new IOException(
            "page has checksum %08x, expected %08x"
                .formatted((int) crc.getValue(), header.getCrc()));
      }
    }
  }

  /** Bytes of the content. */
  int size() {
    return content.length;
  }

  /** Whether its values are places in the chunk's dictionary. */
  boolean wantsDictionary() {
    Encoding encoding = encoding();
    return encoding == Encoding.RLE_DICTIONARY || encoding == Encoding.PLAIN_DICTIONARY;
  }

  private Encoding encoding() {
    return header.getType() == PageType.DATA_PAGE
        ? header.getData_page_header().getEncoding()
        : header.getData_page_header_v2().getEncoding();
  }

  /**
   * The values of a dictionary's page.
   *
   * @param most how many there may be
   * @param contentAt as for {@link #values}
   */
  Page dictionary(int most, long contentAt) throws IOException {
    int count = header.getDictionary_page_header().getNum_values();
    if (count < 0 || count > most) {
      throw new IOException("dictionary of %d values, for %d rows".formatted(count, most));
    }
    bytes = Codec.unpack(codec, content, header.getUncompressed_page_size());
    boolean stays = staysInFile(contentAt);
    return new Page(
        leaf.type() == Type.BYTE_ARRAY && !stays ? bytes : null,
        stays ? contentAt : -1,
        plain(count),
        null);
  }

  /**
   * The values of a page of data.
   *
   * @param contentAt where the content lies in the file, to leave images there that are not packed;
   *     -1 to keep their bytes
   * @param dictionary if one is wanted
   */
  Page values(int rows, long contentAt, Page dictionary) throws IOException {
    int[] levels = levels(rows);
    boolean[] nulls = null;
    int present = rows;
    if (levels != null) {
      for (int row = 0; row < rows; row++) {
        if (levels[row] < leaf.levels()) {
          nulls = nulls == null ? new boolean[rows] : nulls;
          nulls[row] = true;
          present--;
        }
      }
    }
    boolean texts = leaf.type() == Type.BYTE_ARRAY;
    byte[] kept = texts ? bytes : null;
    long origin = -1;
    long[] values;
    switch (encoding()) {
      case PLAIN -> {
        values = plain(present);
        if (staysInFile(contentAt)) {
          kept = null;
          origin = contentAt + skipped;
        }
      }
      case RLE_DICTIONARY, PLAIN_DICTIONARY -> {
        values = places(present, dictionary);
        kept = dictionary.bytes();
        origin = dictionary.origin();
      }
      case DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY -> {
        Deltas.Values read = Deltas.read(encoding(), leaf.type(), bytes, at, present);
        values = read.values();
        kept = read.bytes();
      }
      default ->
          throw new IOException(
              "values are encoded by %s, which is not read: plain, by a dictionary or by deltas"
                  .formatted(encoding()));
    }
    return new Page(kept, origin, nulls == null ? values : spread(values, nulls), nulls);
  }

  private boolean staysInFile(long contentAt) {
    return contentAt >= 0
        && leaf.type() == Type.BYTE_ARRAY
        && codec == CompressionCodec.UNCOMPRESSED;
  }

  /** Reads the levels, if there are any, and unpacks the values. */
  private int[] levels(int rows) throws IOException {
    int width = 32 - Integer.numberOfLeadingZeros(leaf.levels());
    int size = header.getUncompressed_page_size();
    if (header.getType() == PageType.DATA_PAGE) {
      DataPageHeader data = header.getData_page_header();
      bytes = Codec.unpack(codec, content, size);
      if (leaf.levels() == 0) {
        return null;
      }
      if (data.getDefinition_level_encoding() != Encoding.RLE) {
        throw new IOException(
            "levels are encoded by %s, which is not read"
                .formatted(data.getDefinition_level_encoding()));
      }
      int length = i32(0);
      if (length < 0 || length > bytes.length - 4) {
        throw new IOException("levels of %d bytes in a page of %d".formatted(length, bytes.length));
      }
      at = 4 + length;
      return Runs.read(bytes, 4, at, width, rows, leaf.levels());
    }
    DataPageHeaderV2 data = header.getData_page_header_v2();
    int first = data.getRepetition_levels_byte_length();
    int length = data.getDefinition_levels_byte_length();
    if (first < 0 || length < 0 || first > content.length || length > content.length - first) {
      throw new IOException("levels of %d bytes in a page of %d".formatted(length, content.length));
    }
    skipped = first + length;
    byte[] rest = java.util.Arrays.copyOfRange(content, skipped, content.length);
    boolean packed = !data.isSetIs_compressed() || data.isIs_compressed();
    bytes = packed ? Codec.unpack(codec, rest, size - skipped) : rest;
    return leaf.levels() == 0
        ? null
        : Runs.read(content, first, skipped, width, rows, leaf.levels());
  }

  private long[] plain(int count) throws IOException {
    int least = leaf.type() == Type.INT64 ? 8 : 4;
    if ((long) count * least > bytes.length - at) {
      throw tooShort(count);
    }
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      if (bytes.length - at < least) {
        throw tooShort(count);
      }
      int low = i32(at);
      at += 4;
      switch (leaf.type()) {
        case INT32 -> values[i] = low;
        case INT64 -> {
          values[i] = (long) i32(at) << 32 | low & 0xffff_ffffL;
          at += 4;
        }
        default -> {
          if (low < 0 || low > bytes.length - at) {
            throw tooShort(count);
          }
          values[i] = Page.part(at, low);
          at += low;
        }
      }
    }
    return values;
  }

  private IOException tooShort(int count) {
    return new IOException("page ends within its %d values".formatted(count));
  }

  private long[] places(int count, Page dictionary) throws IOException {
    if (dictionary == null) {
      throw new IOException("values are of a dictionary, and there is none");
    }
    long[] values = new long[count];
    if (count > 0) {
      if (at >= bytes.length) {
        throw tooShort(count);
      }
      int width = bytes[at] & 0xff;
      int[] places = Runs.read(bytes, at + 1, bytes.length, width, count, dictionary.rows() - 1);
      for (int i = 0; i < count; i++) {
        values[i] = dictionary.values()[places[i]];
      }
    }
    return values;
  }

  private static long[] spread(long[] values, boolean[] nulls) {
    long[] rows = new long[nulls.length];
    int next = 0;
    for (int row = 0; row < rows.length; row++) {
      rows[row] = nulls[row] ? 0 : values[next++];
    }
    return rows;
  }

  private int i32(int offset) throws IOException {
    if (offset > bytes.length - 4) {
      throw new IOException("page of %d bytes is too short".formatted(bytes.length));
    }
    return (bytes[offset] & 0xff)
        | (bytes[offset + 1] & 0xff) << 8
        | (bytes[offset + 2] & 0xff) << 16
        | bytes[offset + 3] << 24;
  }
}
