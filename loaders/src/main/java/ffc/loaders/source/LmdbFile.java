package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.PositionalFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An LMDB 0.9 environment's main database, read-only and little-endian, every offset checked: a
 * damaged page ends in a message, where the native library would end the process.
 *
 * <pre>
 * file   = page*;  page = u64 number, u16 pad, u16 flags, u16 lower, u16 upper, content
 * page 0, 1 (flag 8)   u32 magic 0xbeefc0de, u32 version 1, u64 address, u64 map size, db free,
 *                      db main, u64 last page, u64 transaction; the larger transaction counts
 * db     = u32 page size, u16 flags, u16 depth, u64 branches, u64 leaves, u64 overflows,
 *          u64 entries, u64 root page
 * branch (flag 1), leaf (2): u16 node offsets[(lower - 16) / 2], sorted by key; nodes
 * node   = u16 low, u16 high, u16 flags, u16 key size, key, value
 *          branch: child page = low | high &lt;&lt; 16 | flags &lt;&lt; 32
 *          leaf:   value size = low | high &lt;&lt; 16; flag 1: value = u64 number of overflow page
 * </pre>
 */
final class LmdbFile implements Closeable {
  private static final int MAGIC = 0xbeefc0de;
  private static final int HEADER = 16;
  private static final int BRANCH = 1;
  private static final int LEAF = 2;
  private static final int OVERFLOW = 4;
  private static final int MAX_DEPTH = 32;

  private final PositionalFile file;
  private final int pageSize;
  private final long root;
  private final long entries;
  private final long transaction;

  private LmdbFile(PositionalFile file, int pageSize, long root, long entries, long transaction) {
    this.file = file;
    this.pageSize = pageSize;
    this.root = root;
    this.entries = entries;
    this.transaction = transaction;
  }

  /** Opens an environment: its folder, or the data file itself. */
  static LmdbFile open(Path environment) {
    Path data = Files.isDirectory(environment) ? environment.resolve("data.mdb") : environment;
    PositionalFile file = PositionalFile.open(data);
    try {
      return open(file);
    } catch (IOException e) {
      file.close();
      throw new BadDataException(data + ": " + e.getMessage(), e);
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  private static LmdbFile open(PositionalFile file) throws IOException {
    if (file.size() < 512) {
      throw new IOException("not an LMDB 0.9 data file");
    }
    ByteBuffer first = file.read(0, 512);
    if (first.getInt(HEADER) != MAGIC || first.getInt(HEADER + 4) != 1) {
      throw new IOException("not an LMDB 0.9 data file");
    }
    int pageSize = first.getInt(40);
    if (Integer.bitCount(pageSize) != 1 || pageSize < 512 || pageSize > 65_536) {
      throw new IOException("page size is " + pageSize + ", wanted 512 to 65536");
    }
    LmdbFile older = of(file, pageSize, first);
    if (file.size() < 2L * pageSize) {
      return older;
    }
    ByteBuffer second = file.read(pageSize, 512);
    boolean newer = second.getInt(HEADER) == MAGIC && second.getLong(144) > older.transaction;
    return newer ? of(file, pageSize, second) : older;
  }

  private static LmdbFile of(PositionalFile file, int pageSize, ByteBuffer meta) {
    return new LmdbFile(file, pageSize, meta.getLong(128), meta.getLong(120), meta.getLong(144));
  }

  @Override
  public void close() {
    file.close();
  }

  Path path() {
    return file.path();
  }

  long size() {
    return file.size();
  }

  long entries() {
    return entries;
  }

  /** Number of the last write transaction. */
  long transaction() {
    return transaction;
  }

  /** Offset of the node that holds a key, or -1. */
  long find(byte[] key, int length) throws IOException {
    long page = root;
    if (page == -1) {
      return -1;
    }
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      ByteBuffer bytes = page(page);
      int flags = bytes.getShort(10);
      int nodes = ((bytes.getShort(12) & 0xffff) - HEADER) / 2;
      boolean leaf = (flags & LEAF) != 0;
      if (leaf == ((flags & BRANCH) != 0) || nodes < 1 || HEADER + 2 * nodes > pageSize) {
        throw new IOException(
            "page %d is damaged (flags %x, %d nodes)".formatted(page, flags, nodes));
      }
      int found = search(bytes, nodes, leaf, key, length);
      if (leaf) {
        return found < 0 ? -1 : page * pageSize + node(bytes, found);
      }
      int node = node(bytes, found);
      page =
          (bytes.getShort(node) & 0xffffL)
              | (bytes.getShort(node + 2) & 0xffffL) << 16
              | (bytes.getShort(node + 4) & 0xffffL) << 32;
    }
    throw new IOException("the tree is deeper than " + MAX_DEPTH + " pages: damaged");
  }

  /** Leaf: the node with the key or -1. Branch: the last node whose key is not above it. */
  private int search(ByteBuffer page, int nodes, boolean leaf, byte[] key, int length)
      throws IOException {
    int low = leaf ? 0 : 1; // the first key of a branch is empty
    int high = nodes - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = compare(page, node(page, middle), key, length);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return leaf ? -1 : low - 1;
  }

  private static int compare(ByteBuffer page, int node, byte[] key, int length) {
    int size = page.getShort(node + 6) & 0xffff;
    for (int i = 0; i < Math.min(size, length); i++) {
      int order = Integer.compare(page.get(node + 8 + i) & 0xff, key[i] & 0xff);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(size, length);
  }

  private int node(ByteBuffer page, int index) throws IOException {
    int at = page.getShort(HEADER + 2 * index) & 0xffff;
    if (at < HEADER || at + 8 > pageSize || at + 8 + (page.getShort(at + 6) & 0xffff) > pageSize) {
      throw new IOException("page " + page.getLong(0) + " is damaged: node at " + at);
    }
    return at;
  }

  private ByteBuffer page(long number) throws IOException {
    if (number < 2 || number >= file.size() / pageSize) {
      throw new IOException(
          "page %d of %d is wanted: the file is cut or damaged"
              .formatted(number, file.size() / pageSize));
    }
    ByteBuffer page = file.read(number * pageSize, pageSize);
    if (page.getLong(0) != number) {
      throw new IOException("page %d says it is page %d".formatted(number, page.getLong(0)));
    }
    return page;
  }

  /** Key of the node at an offset. */
  byte[] key(long offset) throws IOException {
    byte[] key = new byte[file.read(offset, 8).getShort(6) & 0xffff];
    file.read(offset + 8, key.length).get(key);
    return key;
  }

  /** Value of the node at an offset; valid until the calling thread reads again. */
  ByteBuffer value(long offset) throws IOException {
    ByteBuffer node = file.read(offset, 8);
    long size = (node.getShort(0) & 0xffffL) | (node.getShort(2) & 0xffffL) << 16;
    int flags = node.getShort(4);
    long at = offset + 8 + (node.getShort(6) & 0xffff);
    if (size > PositionalFile.MAX_LENGTH || (flags & ~1) != 0) {
      throw new IOException("node is damaged: %d bytes, flags %x".formatted(size, flags));
    }
    if ((flags & 1) == 0) {
      if (offset / pageSize != (at + size - 1) / pageSize) {
        throw new IOException("node is damaged: its value leaves the page");
      }
      return file.read(at, (int) size);
    }
    long page = file.read(at, 8).getLong(0);
    if (page < 2 || page >= file.size() / pageSize) {
      throw new IOException("overflow page " + page + " is outside the file: cut or damaged");
    }
    ByteBuffer header = file.read(page * pageSize, HEADER);
    long room = (header.getInt(12) & 0xffffffffL) * pageSize - HEADER;
    if (header.getLong(0) != page || (header.getShort(10) & OVERFLOW) == 0 || size > room) {
      throw new IOException("overflow page " + page + " is damaged");
    }
    return file.read(page * pageSize + HEADER, (int) size);
  }
}
