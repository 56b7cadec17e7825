package ffc.loaders.decode;

import ffc.loaders.image.ImageFormat;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What a file says beside its samples. Damaged metadata counts as none, as for other viewers: the
 * picture itself is sound.
 *
 * @param orientation of EXIF, 1 to 8; 1 if none is told
 * @param profile ICC profile of the samples, or null
 * @param components colour components of a JPEG or PNG: 1, 3 or 4
 */
record Metadata(int orientation, byte[] profile, int components) {
  private static final int MOST_PROFILE = 1 << 24;
  private static final int ORIENTATION = 0x0112;
  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] ICC = "ICC_PROFILE\0".getBytes(StandardCharsets.ISO_8859_1);

  /**
   * Of a file.
   *
   * @param encoded from position to limit; not moved
   */
  static Metadata of(ByteBuffer encoded, ImageFormat format) {
    ByteBuffer bytes = encoded.slice();
    try {
      return switch (format) {
        case JPEG -> jpeg(bytes);
        case PNG -> png(bytes);
        case WEBP -> webp(bytes);
        case TIFF -> new Metadata(orientation(bytes), null, 0);
        default -> new Metadata(1, null, 0);
      };
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      return new Metadata(1, null, 3);
    }
  }

  /** Whether the picture is seen as its samples are stored, in one or three colours. */
  boolean saysNothing() {
    return orientation == 1 && components != 4 && profileOfRgb() == null;
  }

  /** The profile that is applied: those of gray pictures are not. */
  byte[] profileOfRgb() {
    return components == 3 ? profile : null;
  }

  private static Metadata jpeg(ByteBuffer bytes) {
    int orientation = 1;
    int components = 3;
    TreeMap<Integer, ByteBuffer> profile = new TreeMap<>();
    int at = 2;
    while (at + 4 <= bytes.limit()) {
      int marker = bytes.getShort(at) & 0xffff;
      if (marker == 0xffff) {
        at++; // fill byte
        continue;
      }
      int length = bytes.getShort(at + 2) & 0xffff;
      if (marker == 0xffda || marker < 0xffc0 || length < 2 || at + 2 + length > bytes.limit()) {
        break;
      }
      ByteBuffer body = bytes.slice(at + 4, length - 2);
      boolean frame = marker >= 0xffc0 && marker <= 0xffcf;
      if (frame && marker != 0xffc4 && marker != 0xffc8 && marker != 0xffcc) {
        components = body.get(5);
      } else if (marker == 0xffe1 && begins(body, EXIF)) {
        orientation = orientation(body.slice(6, body.limit() - 6));
      } else if (marker == 0xffe2 && begins(body, ICC) && body.limit() > 14) {
        profile.put(body.get(12) & 0xff, body.slice(14, body.limit() - 14));
      }
      at += 2 + length;
    }
    return new Metadata(orientation, joined(profile), components);
  }

  private static byte[] joined(TreeMap<Integer, ByteBuffer> parts) {
    if (parts.isEmpty()) {
      return null;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (ByteBuffer part : parts.values()) {
      byte[] copy = new byte[part.remaining()];
      part.get(copy);
      all.writeBytes(copy);
    }
    return all.toByteArray();
  }

  private static Metadata png(ByteBuffer bytes) {
    int type = bytes.get(25);
    int orientation = 1;
    byte[] profile = null;
    int at = 8;
    while (at + 12 <= bytes.limit()) {
      int length = bytes.getInt(at);
      String chunk = ascii(bytes, at + 4);
      if (length < 0 || length > bytes.limit() - at - 12 || chunk.equals("IEND")) {
        break;
      }
      ByteBuffer body = bytes.slice(at + 8, length);
      if (chunk.equals("eXIf")) {
        orientation = orientation(body);
      } else if (chunk.equals("iCCP")) {
        profile = inflated(body);
      }
      at += 12 + length;
    }
    return new Metadata(orientation, profile, type == 0 || type == 4 ? 1 : 3);
  }

  /** Name of the profile, 0, method 0, deflated bytes. */
  private static byte[] inflated(ByteBuffer chunk) {
    int name = 0;
    while (chunk.get(name) != 0) {
      name++;
    }
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(chunk.slice(name + 2, chunk.limit() - name - 2));
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      byte[] part = new byte[1 << 14];
      while (!inflater.finished() && all.size() < MOST_PROFILE) {
        int length = inflater.inflate(part);
        if (length == 0) {
          return null;
        }
        all.write(part, 0, length);
      }
      return all.toByteArray();
    } catch (DataFormatException e) {
      return null;
    } finally {
      inflater.end();
    }
  }

  /** The profile is applied by the reader of this format. */
  private static Metadata webp(ByteBuffer bytes) {
    int at = 12;
    while (at + 8 <= bytes.limit()) {
      int length = Integer.reverseBytes(bytes.getInt(at + 4));
      if (length < 0 || length > bytes.limit() - at - 8) {
        break;
      }
      if (ascii(bytes, at).equals("EXIF")) {
        ByteBuffer body = bytes.slice(at + 8, length);
        // Some writers put JPEG's head before it.
        return new Metadata(
            orientation(begins(body, EXIF) ? body.slice(6, length - 6) : body), null, 0);
      }
      at += 8 + length + (length & 1);
    }
    return new Metadata(1, null, 0);
  }

  /** Orientation in the first directory of a TIFF structure, which EXIF is. */
  private static int orientation(ByteBuffer given) {
    ByteBuffer tiff = given.slice();
    if (tiff.limit() < 8) {
      return 1;
    }
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = tiff.getInt(4);
    int entries = tiff.getShort(directory) & 0xffff;
    for (int i = 0; i < entries; i++) {
      int entry = directory + 2 + 12 * i;
      if ((tiff.getShort(entry) & 0xffff) == ORIENTATION) {
        int value = tiff.getShort(entry + 8);
        return value >= 1 && value <= 8 ? value : 1;
      }
    }
    return 1;
  }

  private static boolean begins(ByteBuffer body, byte[] start) {
    return body.limit() >= start.length
        && body.slice(0, start.length).equals(ByteBuffer.wrap(start));
  }

  private static String ascii(ByteBuffer bytes, int at) {
    byte[] four = new byte[4];
    bytes.get(at, four);
    return new String(four, StandardCharsets.ISO_8859_1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Metadata that
        && orientation == that.orientation
        && components == that.components
        && Arrays.equals(profile, that.profile);
  }

  @Override
  public int hashCode() {
    return 31 * orientation + Arrays.hashCode(profile);
  }
}
