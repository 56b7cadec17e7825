package ffc.formats;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The JSON header of a safetensors file, entries sorted by their data. */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
  /** One array: its data lie in [from, to) after the header. */
  record Entry(String name, ElementType type, long[] shape, long from, long to) {}

  static SafetensorsHeader parse(Path file, ByteBuffer json) {
    try (JsonReader in =
        new JsonReader(
            new StringReader(StandardCharsets.UTF_8.newDecoder().decode(json).toString()))) {
      in.setStrictness(Strictness.STRICT);
      List<Entry> entries = new ArrayList<>();
      Map<String, String> metadata = new LinkedHashMap<>();
      Set<String> names = new HashSet<>();
      in.beginObject();
      while (in.hasNext()) {
        String name = in.nextName();
        if (!names.add(name)) {
          throw Safetensors.corrupt(file, "key " + name + " appears twice");
        }
        if (name.equals("__metadata__")) {
          in.beginObject();
          while (in.hasNext()) {
            metadata.put(in.nextName(), in.nextString());
          }
          in.endObject();
        } else {
          entries.add(entry(file, name, in));
        }
      }
      in.endObject();
      // Anything but spaces after the object is an error of the strict parser.
      var unused = in.peek();
      entries.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
      return new SafetensorsHeader(entries, metadata);
    } catch (CharacterCodingException e) {
      throw Safetensors.corrupt(file, "the header is not UTF-8");
    } catch (IOException | IllegalStateException | JsonParseException e) {
      // The parser's message goes on with advice on its own settings.
      String problem =
          e.getMessage().lines().findFirst().orElse("").replaceAll("^Use .* accept ", "");
      throw Safetensors.corrupt(file, "header: " + problem);
    }
  }

  private static Entry entry(Path file, String name, JsonReader in) throws IOException {
    String type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    in.beginObject();
    while (in.hasNext()) {
      String field = in.nextName();
      switch (field) {
        case "dtype" -> type = in.nextString();
        case "shape" -> shape = numbers(in);
        case "data_offsets" -> offsets = numbers(in);
        default -> throw Safetensors.corrupt(file, "key " + name + ": unknown field " + field);
      }
    }
    in.endObject();
    ElementType known = type == null ? null : ElementType.ofSafetensors(type);
    if (known == null) {
      throw Safetensors.corrupt(
          file,
          "key "
              + name
              + ": got dtype "
              + type
              + ", wanted one of "
              + List.of(ElementType.values()));
    }
    if (shape == null || offsets == null || offsets.size() != 2) {
      throw Safetensors.corrupt(
          file, "key " + name + ": got no shape or no two data_offsets, wanted both");
    }
    long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
    long bytes;
    try {
      bytes = HostTensor.bytes(known, sizes);
    } catch (IllegalArgumentException e) {
      throw Safetensors.corrupt(file, "key " + name + ": got impossible shape " + shape);
    }
    long from = offsets.get(0);
    long to = offsets.get(1);
    if (from < 0 || to - from != bytes) {
      throw Safetensors.corrupt(
          file,
          "key "
              + name
              + ": got data_offsets "
              + offsets
              + ", wanted "
              + bytes
              + " bytes for "
              + known
              + shape);
    }
    if (bytes > Integer.MAX_VALUE - 8) {
      throw Safetensors.corrupt(
          file, "key " + name + ": got " + bytes + " bytes, wanted less than 2 GiB an array");
    }
    return new Entry(name, known, sizes, from, to);
  }

  private static List<Long> numbers(JsonReader in) throws IOException {
    List<Long> numbers = new ArrayList<>();
    in.beginArray();
    while (in.hasNext()) {
      numbers.add(in.nextLong());
    }
    in.endArray();
    return numbers;
  }
}
