package ffc.loaders.parquet;

import com.github.benmanes.caffeine.cache.Cache;
import ffc.loaders.table.PositionalFile;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;

/**
 * One column of a file: finds the page that holds a row by the headers of the pages, of which it
 * remembers the places, and reads no other. Thread-safe.
 */
final class Column {
  /** Headers are tens of bytes long; those with the page's least and largest image longer. */
  private static final int FIRST = 512;

  private static final int LONGEST = 1 << 24;

  /** Rows of a page, above which it is damage. */
  private static final int MOST_ROWS = 1 << 24;

  /**
   * The pages of a row group.
   *
   * @param start of the first of them
   * @param nulls whether there may be rows without a value
   */
  record Chunk(long start, CompressionCodec codec, boolean nulls) {}

  /**
   * Where the pages of a chunk lie.
   *
   * @param dictionary offsets of its start and end, or null
   * @param bounds offsets of start and end of each page of data
   * @param rows first row of each page within the group, and the number of rows
   */
  record Pages(long[] dictionary, long[] bounds, long[] rows) {
    int count() {
      return rows.length - 1;
    }

    int holding(long row) {
      int found = java.util.Arrays.binarySearch(rows, row);
      return found >= 0 ? found : -found - 2;
    }

    int rowsOf(int page) {
      return (int) (rows[page + 1] - rows[page]);
    }
  }

  /** A page in a cache of several files. */
  record Key(int part, long offset) {}

  private record Head(PageHeader header, int length) {}

  private final PositionalFile file;
  private final long end;
  private final Leaf leaf;
  private final Chunk[] chunks;
  private final long[] groups;
  private final AtomicReferenceArray<Pages> pages;

  /**
   * @param end where the pages of the file end
   * @param groups first row of each group, and the number of rows
   */
  Column(PositionalFile file, long end, Leaf leaf, Chunk[] chunks, long[] groups) {
    this.file = file;
    this.end = end;
    this.leaf = leaf;
    this.chunks = chunks;
    this.groups = groups;
    this.pages = new AtomicReferenceArray<>(chunks.length);
  }

  Leaf leaf() {
    return leaf;
  }

  /** Whether a group may have rows without a value. */
  boolean mayBeNull(int group) {
    return leaf.levels() > 0 && chunks[group].nulls();
  }

  /** Where the pages of a group lie. */
  Pages pages(int group) throws IOException {
    Pages known = pages.get(group);
    if (known == null) {
      known = walk(chunks[group], groups[group + 1] - groups[group]);
      pages.set(group, known);
    }
    return known;
  }

  private Pages walk(Chunk chunk, long rows) throws IOException {
    long[] dictionary = null;
    LongArrayList bounds = new LongArrayList();
    LongArrayList firsts = new LongArrayList();
    long at = chunk.start();
    for (long row = 0; row < rows; ) {
      Head head = head(at);
      PageHeader header = head.header();
      long next = at + head.length() + header.getCompressed_page_size();
      long count = 0;
      if (header.getType() == PageType.DICTIONARY_PAGE && header.isSetDictionary_page_header()) {
        dictionary = new long[] {at, next};
      } else if (header.getType() == PageType.DATA_PAGE && header.isSetData_page_header()) {
        count = header.getData_page_header().getNum_values();
      } else if (header.getType() == PageType.DATA_PAGE_V2 && header.isSetData_page_header_v2()) {
        count = header.getData_page_header_v2().getNum_values();
      } else if (header.getType() != PageType.INDEX_PAGE) {
        throw new IOException("page at offset %d is damaged".formatted(at));
      }
      if (count < 0 || count > Math.min(rows - row, MOST_ROWS)) {
        throw new IOException(
            "page at offset %d of %d rows, where %d are left".formatted(at, count, rows - row));
      }
      if (count > 0) {
        bounds.add(at);
        bounds.add(next);
        firsts.add(row);
      }
      row += count;
      at = next;
    }
    firsts.add(rows);
    return new Pages(dictionary, bounds.toLongArray(), firsts.toLongArray());
  }

  /** The header of a page, whose content lies in the file. */
  private Head head(long at) throws IOException {
    long left = end - at;
    for (int window = FIRST; ; window *= 8) {
      int size = (int) Math.min(window, Math.max(0, left));
      byte[] bytes = new byte[size];
      file.read(at, size).get(bytes);
      ByteArrayInputStream in = new ByteArrayInputStream(bytes);
      PageHeader header;
      try {
        header = Util.readPageHeader(in);
      } catch (IOException | RuntimeException e) {
        if (size < window || window >= LONGEST) {
          throw new IOException("header of a page at offset %d is damaged".formatted(at), e);
        }
        continue; // it may be longer
      }
      int length = size - in.available();
      int content = header.getCompressed_page_size();
      if (content < 0 || header.getUncompressed_page_size() < 0 || content > left - length) {
        throw new IOException(
            "page at offset %d of %d bytes, %d are left"
                .formatted(at, content, Math.max(0, left - length)));
      }
      return new Head(header, length);
    }
  }

  /**
   * Reads a page.
   *
   * @param inPlace whether values may stay in the file
   */
  Page read(int group, int page, boolean inPlace, int part, Cache<Key, Page> cache)
      throws IOException {
    Pages where = pages(group);
    PageDecoder decoder = decoder(group, where.bounds()[2 * page], where.bounds()[2 * page + 1]);
    Page dictionary = null;
    if (decoder.wantsDictionary() && where.dictionary() != null) {
      Key key = new Key(part, where.dictionary()[0]);
      dictionary = cache.getIfPresent(key);
      if (dictionary == null) {
        dictionary = dictionary(group, where.dictionary(), inPlace);
        if (where.count() > 1) { // else the page itself keeps it
          cache.put(key, dictionary);
        }
      }
    }
    long contentAt = where.bounds()[2 * page + 1] - decoder.size();
    return decoder.values(where.rowsOf(page), inPlace ? contentAt : -1, dictionary);
  }

  private Page dictionary(int group, long[] bounds, boolean inPlace) throws IOException {
    int most = (int) Math.min(MOST_ROWS, groups[group + 1] - groups[group]);
    PageDecoder decoder = decoder(group, bounds[0], bounds[1]);
    return decoder.dictionary(most, inPlace ? bounds[1] - decoder.size() : -1);
  }

  private PageDecoder decoder(int group, long from, long to) throws IOException {
    long length = to - from;
    checkSize(length);
    ByteBuffer whole = file.read(from, (int) length);
    byte[] bytes = new byte[(int) length];
    whole.get(bytes);
    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
    PageHeader header;
    try {
      header = Util.readPageHeader(in);
    } catch (IOException | RuntimeException e) {
      throw new IOException("header of a page at offset %d is damaged".formatted(from), e);
    }
    if (header.getCompressed_page_size() != in.available()) {
      throw new IOException("page at offset %d changed since it was opened".formatted(from));
    }
    checkSize(header.getUncompressed_page_size());
    byte[] content =
        java.util.Arrays.copyOfRange(bytes, bytes.length - in.available(), bytes.length);
    return new PageDecoder(leaf, chunks[group].codec(), header, content);
  }

  private static void checkSize(long length) throws IOException {
    long most = Math.min(PositionalFile.MAX_LENGTH, Runtime.getRuntime().maxMemory() / 4);
    if (length > most) {
      throw new IOException(
          "page of %d bytes, at most %d are read (a quarter of the heap, FFC_JAVA_OPTS=-Xmx8g makes it"
                  .formatted(length, most)
              + " larger; 1 GiB)");
    }
  }

  /** The group that holds a row of the file. */
  int group(long row) {
    int found = java.util.Arrays.binarySearch(groups, row);
    while (found >= 0 && found < chunks.length && groups[found + 1] == row) {
      found++; // groups without rows
    }
    return found >= 0 ? found : -found - 2;
  }

  /**
   * The page that holds a row of the file, from the cache if it is there.
   *
   * @param visitor takes the page and the row's number in it
   */
  <T> T at(long row, boolean inPlace, int part, Cache<Key, Page> cache, Visitor<T> visitor)
      throws IOException {
    if (row < 0 || row >= groups[chunks.length]) {
      throw new IOException("there are %d rows".formatted(groups[chunks.length]));
    }
    int group = group(row);
    Pages where = pages(group);
    int number = where.holding(row - groups[group]);
    Key key = new Key(part, where.bounds()[2 * number]);
    Page page = cache.getIfPresent(key);
    if (page == null) {
      page = read(group, number, inPlace, part, cache);
      cache.put(key, page);
    }
    return visitor.visit(page, (int) (row - groups[group] - where.rows()[number]));
  }

  /** Takes a row. */
  interface Visitor<T> {
    T visit(Page page, int row) throws IOException;
  }
}
