package ffc.formats;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The safetensors format.
 *
 * <pre>
 * u64 little-endian   length of the header
 * header              JSON {"name": {"dtype": "F32", "shape": [..], "data_offsets": [from, to]},
 *                           "__metadata__": {"key": "value"}}, padded with spaces
 * data                elements, little-endian, row major; offsets count from here
 * </pre>
 *
 * @param tensors arrays by name, in the order of their data
 * @param metadata free text by key
 */
public record Safetensors(Map<String, HostTensor> tensors, Map<String, String> metadata) {
  private static final long MAX_HEADER = 100_000_000;

  /**
   * Reads a whole file.
   *
   * @throws IllegalArgumentException if it is missing or corrupt: data ranges must follow each
   *     other without gap or overlap and end with the file
   */
  public static Safetensors read(Path file) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    try (InputStream in = Files.newInputStream(file)) {
      Map<String, String> metadata = read(in, Files.size(file), file, tensors::put);
      return new Safetensors(
          Collections.unmodifiableMap(tensors), Collections.unmodifiableMap(metadata));
    } catch (IOException e) {
      throw FileParts.unreadable(file, e);
    }
  }

  /**
   * Reads a file front to back, one array at a time in memory.
   *
   * @param in at the start of the file; read to the end, which must be where {@code size} says
   * @param size bytes of the file
   * @param file for messages
   * @param each given every array in the order of the data
   * @return the metadata
   * @throws IllegalArgumentException as {@link #read(Path)}
   */
  public static Map<String, String> read(
      InputStream in, long size, Path file, BiConsumer<String, HostTensor> each)
      throws IOException {
    if (size < 8) {
      throw corrupt(file, "got " + size + " bytes, wanted at least the 8 of the header length");
    }
    long length = bytes(in, 8, file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    if (length < 2 || length > MAX_HEADER || length > size - 8) {
      throw corrupt(
          file,
          "offset 0: got header length "
              + Long.toUnsignedString(length)
              + ", wanted 2 to "
              + Math.min(MAX_HEADER, size - 8));
    }
    SafetensorsHeader header = SafetensorsHeader.parse(file, bytes(in, (int) length, file));
    long dataFrom = 8 + length;
    long next = 0;
    for (SafetensorsHeader.Entry entry : header.entries()) {
      if (entry.from() != next) {
        throw corrupt(
            file, "key " + entry.name() + ": got data offset " + entry.from() + ", wanted " + next);
      }
      if (entry.to() > size - dataFrom) {
        throw corrupt(
            file,
            "key "
                + entry.name()
                + ": data ends at byte "
                + entry.to()
                + " of "
                + (size - dataFrom)
                + "; the file is truncated");
      }
      next = entry.to();
      each.accept(
          entry.name(),
          new HostTensor(
              entry.type(), entry.shape(), bytes(in, (int) (next - entry.from()), file)));
    }
    if (dataFrom + next != size) {
      throw corrupt(file, "got " + size + " bytes, wanted " + (dataFrom + next));
    }
    return header.metadata();
  }

  /** The next bytes of a file that is said to have them. */
  private static ByteBuffer bytes(InputStream in, int count, Path file) throws IOException {
    byte[] bytes = new byte[count];
    if (in.readNBytes(bytes, 0, count) < count) {
      throw corrupt(file, "it ends too early");
    }
    return ByteBuffer.wrap(bytes);
  }

  /** Writes a file, aside and renamed, arrays in the order of the map. */
  public static void write(
      Path file, Map<String, HostTensor> tensors, Map<String, String> metadata) {
    StringBuilder json = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      json.append("\"__metadata__\":{");
      metadata.forEach(
          (key, value) -> json.append(quote(key)).append(':').append(quote(value)).append(','));
      json.setCharAt(json.length() - 1, '}');
    }
    long offset = 0;
    for (Map.Entry<String, HostTensor> entry : tensors.entrySet()) {
      HostTensor tensor = entry.getValue();
      long end = offset + tensor.data().limit();
      json.append(json.length() > 1 ? "," : "")
          .append(quote(entry.getKey()))
          .append(":{\"dtype\":\"")
          .append(tensor.type())
          .append("\",\"shape\":")
          .append(Arrays.toString(tensor.shape()).replace(" ", ""))
          .append(",\"data_offsets\":[")
          .append(offset)
          .append(',')
          .append(end)
          .append("]}");
      offset = end;
    }
    json.append('}');
    byte[] header = json.toString().getBytes(StandardCharsets.UTF_8);
    int padded = (header.length + 7) / 8 * 8;
    ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(padded).put(header);
    while (start.hasRemaining()) {
      start.put((byte) ' ');
    }
    WholeFile.create(
        file,
        channel -> {
          WholeFile.writeFully(channel, start.flip());
          for (HostTensor tensor : tensors.values()) {
            WholeFile.writeFully(channel, tensor.data().duplicate());
          }
        });
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  static IllegalArgumentException corrupt(Path file, String problem) {
    return new IllegalArgumentException(file + ": not a valid safetensors file: " + problem);
  }
}
