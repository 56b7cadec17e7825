package ffc.loaders.table;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Dataset;
import it.unimi.dsi.fastutil.Arrays;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The table of a source opened directly, on the heap: about 24 bytes an image, and its text rows.
 * Sets of more than some ten million images are better indexed once.
 */
public final class HeapTable implements Source.RowSink {
  private static final int MAX_IMAGES = 200_000_000;

  private final String name;
  private final LongArrayList keys1 = new LongArrayList();
  private final LongArrayList keys2 = new LongArrayList();
  private final LongArrayList places = new LongArrayList();
  private final LongArrayList bases = new LongArrayList();
  private final ByteArrayOutputStream names = new ByteArrayOutputStream();
  private boolean sorted = true;
  private long labels = -1;

  private HeapTable(String name) {
    this.name = name;
  }

  /** Walks a source and opens it; the source becomes the set's, and is closed after a failure. */
  public static Dataset open(Source source, long cacheBytes) {
    try {
      HeapTable table = new HeapTable(source.name());
      source.scan(Source.Position.START, table);
      return table.dataset(source, cacheBytes);
    } catch (Throwable e) {
      source.close();
      throw e;
    }
  }

  @Override
  public void part(int part, long base) {
    bases.add(base);
  }

  @Override
  public void row(long key1, long key2, long place, Source.Position after, long done) {
    int last = keys1.size() - 1;
    if (last >= MAX_IMAGES) {
      throw new BadDataException(
          name + ": more than " + MAX_IMAGES + " images; index it first (ffc data index)");
    }
    if (sorted && last >= 0) {
      sorted =
          compare(keys1.getLong(last), keys2.getLong(last), places.getLong(last), key1, key2, place)
              <= 0;
    }
    keys1.add(key1);
    keys2.add(key2);
    places.add(place);
  }

  /** Order of rows: by key, then by place. */
  public static int compare(long a1, long a2, long a3, long b1, long b2, long b3) {
    int c = Long.compare(a1, b1);
    if (c == 0) {
      c = Long.compare(a2, b2);
    }
    return c == 0 ? Long.compare(a3, b3) : c;
  }

  @Override
  public long name(byte[] text, int from, int length) {
    long at = names.size();
    if (at + length + 2 > Integer.MAX_VALUE - 16) {
      throw new BadDataException(
          name + ": its paths exceed 2 GiB; index it first (ffc data index)");
    }
    names.write(length);
    names.write(length >>> 8);
    names.write(text, from, length);
    return at;
  }

  @Override
  public void end(long labelCount) {
    labels = labelCount;
  }

  private Dataset dataset(Source source, long cacheBytes) {
    long[] k1 = keys1.elements();
    long[] k2 = keys2.elements();
    long[] p = places.elements();
    int images = places.size();
    if (!sorted) {
      Arrays.quickSort(
          0,
          images,
          (a, b) -> compare(k1[a], k2[a], p[a], k1[b], k2[b], p[b]),
          (a, b) -> {
            swap(k1, a, b);
            swap(k2, a, b);
            swap(p, a, b);
          });
    }
    IdentityCounter counter = new IdentityCounter(name, labels);
    LongArrayList first = new LongArrayList();
    LongArrayList found = source.compact() ? new LongArrayList() : null;
    Fingerprint fingerprint = new Fingerprint().add(source.stamp());
    for (int i = 0; i < images; i++) {
      if (counter.next(k1[i], k2[i])) {
        first.add(i);
        if (found != null) {
          found.add(k1[i]);
        }
        addIdentity(fingerprint, i, k1[i], k2[i]);
      }
    }
    counter.end();
    first.add(images);
    byte[] text = names.toByteArray();
    ImageTable table =
        new ImageTable(
            IdentityTable.of(first.toLongArray()),
            LongArray.of(java.util.Arrays.copyOf(p, images)),
            new Names(new HeapBlob(ByteBuffer.wrap(text).order(ByteOrder.LITTLE_ENDIAN))),
            LongArray.of(bases.toLongArray()),
            found == null ? null : LongArray.of(found.toLongArray()));
    return new RecordDataset(source, fingerprint.hex(), table, cacheBytes);
  }

  /** What identifies an identity; an index collects the same while it is built. */
  public static void addIdentity(Fingerprint to, long firstImage, long key1, long key2) {
    to.add(firstImage).add(key1).add(key2);
  }

  private static void swap(long[] values, int a, int b) {
    long value = values[a];
    values[a] = values[b];
    values[b] = value;
  }

  private record HeapBlob(ByteBuffer bytes) implements Blob {
    @Override
    public ByteBuffer slice(long offset, int length) {
      return bytes.slice((int) offset, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long size() {
      return bytes.limit();
    }
  }
}
