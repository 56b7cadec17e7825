package ffc.loaders.tools;

import com.google.common.io.Closer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes a RecordIO pack in InsightFace's layout: record 0, images at keys 1 to M - 1 grouped by
 * identity, identity records, {@code .idx} and {@code <stem>.property}. All files appear together
 * at {@link #commit}. Labels are float32, exact up to 2^24: a pack of more identities is refused.
 */
public final class RecordIoWriter implements Closeable {
  private static final long MOST_IDENTITIES = 1L << 24;
  private static final int MAGIC = 0xced7230a;
  private static final byte[] MAGIC_BYTES = {0x0a, 0x23, (byte) 0xd7, (byte) 0xce};

  private final Closer files = Closer.create();
  private final Path rec;
  private final String stem;
  private final AsideFile records;
  private final AsideFile keys;
  private final it.unimi.dsi.fastutil.longs.LongArrayList starts =
      new it.unimi.dsi.fastutil.longs.LongArrayList();
  private long key;

  /**
   * @param rec path of the {@code .rec} file; the others are named after it
   * @param identities how many there will be, at most
   * @throws IllegalArgumentException if they are more than a pack can tell apart
   */
  public RecordIoWriter(Path rec, long identities) throws IOException {
    check(rec, identities);
    String name = rec.getFileName().toString();
    if (!name.endsWith(".rec")) {
      throw new IllegalArgumentException(rec + ": a pack's name must end in .rec");
    }
    this.rec = rec;
    this.stem = name.substring(0, name.length() - 4);
    try {
      this.records = files.register(new AsideFile(rec));
      this.keys = files.register(new AsideFile(rec.resolveSibling(stem + ".idx")));
      record(new float[] {0, 0}, ByteBuffer.allocate(0));
    } catch (Throwable e) {
      files.close();
      throw e;
    }
  }

  /**
   * Refuses a pack of too many identities, before anything is made for it.
   *
   * @throws IllegalArgumentException if there are more than 2^24
   */
  static void check(Path rec, long identities) {
    if (identities > MOST_IDENTITIES) {
      throw new IllegalArgumentException(
          ("%s: %d identities, at most %d: a pack's labels are float32 and would be rounded; train on"
                  + " the source itself, indexed (ffc data index), or write folders (ffc data unpack)")
              .formatted(rec, identities, MOST_IDENTITIES));
    }
  }

  /** The next images belong to the next identity, from 0 on. */
  public void identity() {
    check(rec, starts.size() + 1L);
    starts.add(key);
  }

  /** Appends an image of the current identity. */
  public void image(ByteBuffer encoded) throws IOException {
    record(new float[] {starts.size() - 1}, encoded);
  }

  /** Identities so far. */
  public long identities() {
    return starts.size();
  }

  private void record(float[] labels, ByteBuffer image) throws IOException {
    boolean vector = labels.length > 1;
    int length = 24 + (vector ? 4 * labels.length : 0) + image.remaining();
    ByteBuffer record = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(vector ? labels.length : 0).putFloat(vector ? 0 : labels[0]);
    record.putLong(key).putLong(0);
    if (vector) {
      for (float label : labels) {
        record.putFloat(label);
      }
    }
    record.put(image.duplicate()).flip();
    keys.write(
        ByteBuffer.wrap((key + "\t" + records.size() + "\n").getBytes(StandardCharsets.US_ASCII)));
    // Readers of the format look for the magic number at multiples of four: split there.
    int from = 0;
    for (int at = 0; at + 4 <= length; at += 4) {
      if (record.getInt(at) == MAGIC) {
        part(from == 0 ? 1 : 2, record.slice(from, at - from));
        from = at + MAGIC_BYTES.length;
      }
    }
    part(from == 0 ? 0 : 3, record.slice(from, length - from));
    key++;
  }

  private void part(int cflag, ByteBuffer data) throws IOException {
    int length = data.remaining();
    if (length >= 1 << 29) {
      throw new IllegalArgumentException(rec + ": record of " + length + " bytes is too long");
    }
    ByteBuffer frame = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    records.write(frame.putInt(MAGIC).putInt(cflag << 29 | length).flip());
    records.write(data);
    records.write(ByteBuffer.allocate(-length & 3));
  }

  /** Writes the identity records and puts all files in their places. */
  public void commit(int height, int width) throws IOException {
    long imagesEnd = key;
    for (int id = 0; id < starts.size(); id++) {
      long end = id + 1 < starts.size() ? starts.getLong(id + 1) : imagesEnd;
      record(new float[] {starts.getLong(id), end}, ByteBuffer.allocate(0));
    }
    ByteBuffer range = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    records.patch(32, range.putFloat(imagesEnd).putFloat(key).flip());
    AsideFile property = files.register(new AsideFile(rec.resolveSibling(stem + ".property")));
    String line = starts.size() + "," + height + "," + width + "\n";
    property.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
    property.commit();
    keys.commit();
    records.commit();
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
