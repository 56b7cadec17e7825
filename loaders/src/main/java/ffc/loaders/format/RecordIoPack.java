package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.Dataset;
import ffc.loaders.store.Fingerprint;
import ffc.loaders.store.Records;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * RecordIO packs opened directly: offsets and keys of all images on the heap (16 bytes an image).
 * Labels of each further pack are offset by the identities of those before it. Sets of more than
 * some ten million images are better indexed once.
 */
final class RecordIoPack implements Records {
  private final List<RecordIoFile> packs;
  private final byte[] packOf;
  private final long[] offsets;
  private final long[] keys;

  private RecordIoPack(List<RecordIoFile> packs, byte[] packOf, long[] offsets, long[] keys) {
    this.packs = packs;
    this.packOf = packOf;
    this.offsets = offsets;
    this.keys = keys;
  }

  static Dataset open(List<Path> paths, String name, long cacheBytes) {
    if (paths.size() > Byte.MAX_VALUE) {
      throw new BadDataException(
          name + ": " + paths.size() + " packs, at most 127 can be opened without an index");
    }
    List<RecordIoFile> packs = new ArrayList<>();
    IntArrayList labels = new IntArrayList();
    LongArrayList keys = new LongArrayList();
    LongArrayList offsets = new LongArrayList();
    List<Integer> ends = new ArrayList<>();
    Fingerprint fingerprint = new Fingerprint().add("recordio");
    long base = 0;
    for (Path path : paths) {
      RecordIoFile rec = RecordIoFile.open(path);
      packs.add(rec);
      long labelBase = base;
      long[] top = {-1};
      Optional<Long> promised =
          RecordIoScan.forEach(
              rec,
              (label, key, offset) -> {
                if (labelBase + label > Integer.MAX_VALUE - 8) {
                  throw rec.fault(key, offset, new IOException("label " + label + " is too large"));
                }
                top[0] = Math.max(top[0], label);
                labels.add((int) (labelBase + label));
                keys.add(key);
                offsets.add(offset);
              });
      if (promised.isPresent() && top[0] >= promised.get()) {
        throw new BadDataException(
            "%s: label %d is outside the %d classes of its property file (or record 0)"
                .formatted(path, top[0], promised.get()));
      }
      base += promised.orElse(top[0] + 1);
      ends.add(labels.size());
      fingerprint.add(rec.size());
    }
    Grouping grouping = Grouping.of(labels, base, name);
    int images = labels.size();
    byte[] packOf = new byte[images];
    long[] sortedOffsets = new long[images];
    long[] sortedKeys = new long[images];
    int pack = 0;
    for (int i = 0; i < images; i++) {
      while (i >= ends.get(pack)) {
        pack++;
      }
      int to = grouping.place()[i];
      packOf[to] = (byte) pack;
      sortedOffsets[to] = offsets.getLong(i);
      sortedKeys[to] = keys.getLong(i);
      fingerprint.add(offsets.getLong(i)).add(labels.getInt(i));
    }
    RecordIoPack records = new RecordIoPack(packs, packOf, sortedOffsets, sortedKeys);
    return Datasets.of(name, fingerprint.hex(), grouping.table(), records, cacheBytes);
  }

  @Override
  public ByteBuffer read(long image) throws IOException {
    int i = (int) image;
    return packs.get(packOf[i]).image(offsets[i]);
  }

  @Override
  public String describe(long image) {
    int i = (int) image;
    return packs.get(packOf[i]).describe(keys[i], offsets[i]);
  }

  @Override
  public void close() {}
}
