package ffc.loaders.source;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;

/** Writes small packs and images for tests. */
public final class TestPacks {
  private static final byte[] MAGIC = {0x0a, 0x23, (byte) 0xd7, (byte) 0xce};

  private TestPacks() {}

  /** Pixels of a small gray image, a function of the seed. */
  public static byte[] pixels(int seed, int height, int width) {
    byte[] pixels = new byte[height * width];
    new Random(seed).nextBytes(pixels);
    return pixels;
  }

  public static byte[] png(int seed, int height, int width) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setDataElements(0, 0, width, height, pixels(seed, height, width));
    return encode(image, "png");
  }

  public static byte[] encode(BufferedImage image, String format) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ImageIO.write(image, format, out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A PNG with a text chunk that holds RecordIO's magic number, aligned or not. */
  public static byte[] pngWithMagicInside(int seed, int height, int width) {
    byte[] png = png(seed, height, width);
    byte[] text =
        Arrays.copyOf("tEXtnote\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 13);
    System.arraycopy(MAGIC, 0, text, 9, 4);
    CRC32 crc = new CRC32();
    crc.update(text);
    ByteBuffer out = ByteBuffer.allocate(png.length + text.length + 8);
    out.put(png, 0, 33).putInt(text.length - 4).put(text).putInt((int) crc.getValue());
    out.put(png, 33, png.length - 33);
    return out.array();
  }

  /** Writes a RecordIO pack with its index. */
  public static final class Writer implements AutoCloseable {
    private final Path rec;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final StringBuilder idx = new StringBuilder();

    public Writer(Path rec) {
      this.rec = rec;
    }

    public void image(long key, float label, byte[] image) {
      begin(key);
      part(0, record(key, new float[] {label}, image));
    }

    public void image(long key, float[] labels, byte[] image) {
      begin(key);
      part(0, record(key, labels, image));
    }

    /** Splits at the places of the magic number in the record, dropping it as the format asks. */
    public void splitAtMagic(long key, float label, byte[] image) {
      byte[] record = record(key, new float[] {label}, image);
      int at = 0;
      while (!Arrays.equals(record, at, at + 4, MAGIC, 0, 4)) {
        at++;
      }
      begin(key);
      part(1, Arrays.copyOf(record, at));
      part(3, Arrays.copyOfRange(record, at + 4, record.length));
    }

    /** Splits into three parts, losing four bytes at each cut. */
    public void split(long key, float label, byte[] image, int first, int second) {
      byte[] record = record(key, new float[] {label}, image);
      begin(key);
      part(1, Arrays.copyOf(record, first));
      part(2, Arrays.copyOfRange(record, first + 4, second));
      part(3, Arrays.copyOfRange(record, second + 4, record.length));
    }

    private void begin(long key) {
      idx.append(key).append('\t').append(out.size()).append('\n');
    }

    private static byte[] record(long key, float[] labels, byte[] image) {
      boolean vector = labels.length > 1;
      ByteBuffer record =
          ByteBuffer.allocate(24 + (vector ? 4 * labels.length : 0) + image.length)
              .order(ByteOrder.LITTLE_ENDIAN);
      record.putInt(vector ? labels.length : 0).putFloat(vector ? 0 : labels[0]);
      record.putLong(key).putLong(0);
      if (vector) {
        for (float label : labels) {
          record.putFloat(label);
        }
      }
      return record.put(image).array();
    }

    private void part(int cflag, byte[] data) {
      ByteBuffer part =
          ByteBuffer.allocate(8 + (data.length + 3) / 4 * 4).order(ByteOrder.LITTLE_ENDIAN);
      part.putInt(RecordIoFile.MAGIC).putInt(cflag << 29 | data.length).put(data);
      out.writeBytes(part.array());
    }

    @Override
    public void close() {
      try {
        Files.write(rec, out.toByteArray());
        Files.writeString(RecordIoKeys.indexOf(rec), idx);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
