package ffc.formats;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.function.BiConsumer;

/** Reads a safetensors file front to back, one array at a time in memory: {@link Safetensors}. */
public final class SafetensorsStream {
  private static final long MAX_HEADER = 100_000_000;

  private SafetensorsStream() {}

  /**
   * Reads all arrays.
   *
   * @param in at the start of the file; read to the end, which must be where {@code size} says
   * @param size bytes of the file
   * @param file for messages
   * @param each given every array in the order of the data
   * @throws IllegalArgumentException if the file is corrupt: data ranges must follow each other
   *     without gap or overlap and end with the file
   */
  public static void read(InputStream in, long size, Path file, BiConsumer<String, HostTensor> each)
      throws IOException {
    if (size < 8) {
      throw Safetensors.corrupt(
          file, "got " + size + " bytes, wanted at least the 8 of the header length");
    }
    long length = bytes(in, 8, file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    if (length < 2 || length > MAX_HEADER || length > size - 8) {
      throw Safetensors.corrupt(
          file,
          "offset 0: got header length "
              + Long.toUnsignedString(length)
              + ", wanted 2 to "
              + Math.min(MAX_HEADER, size - 8));
    }
    SafetensorsHeader header = SafetensorsHeader.parse(file, bytes(in, (int) length, file));
    long data = size - 8 - length;
    long next = 0;
    for (SafetensorsHeader.Entry entry : header.entries()) {
      if (entry.from() != next || entry.to() > data) {
        throw Safetensors.corrupt(
            file,
            "key "
                + entry.name()
                + ": got data offsets "
                + entry.from()
                + " to "
                + entry.to()
                + ", wanted them to begin at "
                + next
                + " and to end by "
                + data);
      }
      next = entry.to();
      each.accept(
          entry.name(),
          new HostTensor(
              entry.type(), entry.shape(), bytes(in, (int) (next - entry.from()), file)));
    }
    if (next != data) {
      throw Safetensors.corrupt(file, "got " + data + " bytes of data, wanted " + next);
    }
  }

  private static ByteBuffer bytes(InputStream in, int count, Path file) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw Safetensors.corrupt(file, "it ends too early");
    }
    return ByteBuffer.wrap(bytes);
  }
}
