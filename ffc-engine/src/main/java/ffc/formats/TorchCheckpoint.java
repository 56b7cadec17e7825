package ffc.formats;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * PyTorch checkpoints, read without executing pickled code: the zip format of PyTorch 1.6 and
 * later, and the one before.
 *
 * <pre>
 * NAME/data.pkl    pickle: names → tensors as views (offset, shape, stride) into storages
 * NAME/data/KEY    the bytes of storage KEY
 * NAME/byteorder   "little", if present
 *
 * before 1.6       pickle magic number, pickle 1001, pickle {"little_endian": True, ...},
 *                  pickle as data.pkl, pickle [KEY...], for each KEY: i64 elements, bytes
 * </pre>
 */
final class TorchCheckpoint {
  /** What the magic number of files before 1.6 looks like: PROTO 2, LONG1 of 10 bytes. */
  static final byte[] LEGACY = {
    (byte) 0x80,
    2,
    (byte) 0x8a,
    10,
    0x6c,
    (byte) 0xfc,
    (byte) 0x9c,
    0x46,
    (byte) 0xf9,
    0x20,
    0x6a,
    (byte) 0xa8,
    0x50,
    0x19,
    '.'
  };

  /** Views may repeat elements, but not without end. */
  private static final long FREE_EXPANSION = 64 << 20;

  private final Path file;
  private final Map<String, ByteBuffer> storages = new LinkedHashMap<>();
  private long stored;
  private long made;

  private TorchCheckpoint(Path file) {
    this.file = file;
  }

  /** Bytes of a storage by key; null if there is none. */
  private interface Storages {
    ByteBuffer of(String key) throws IOException;
  }

  /**
   * Reads all tensors of a checkpoint. Names of dicts within dicts are joined by dots.
   *
   * @return dense arrays by name, in the order of the file
   * @throws IllegalArgumentException if the file is corrupt or holds no tensors
   */
  static Map<String, HostTensor> read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      byte[] start = new byte[(int) Math.min(LEGACY.length, channel.size())];
      FileParts.read(channel, 0, start.length).get(start);
      return Arrays.equals(start, LEGACY)
          ? new TorchCheckpoint(file).legacy(channel)
          : new TorchCheckpoint(file).zip();
    } catch (IOException e) {
      throw FileParts.unreadable(file, e);
    }
  }

  private Map<String, HostTensor> zip() {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      String root = root(file, zip);
      ZipEntry order = zip.getEntry(root + "byteorder");
      if (order != null
          && !new String(bytes(file, zip, order), StandardCharsets.US_ASCII)
              .trim()
              .equals("little")) {
        throw bigEndian();
      }
      ByteBuffer pickle = ByteBuffer.wrap(bytes(file, zip, zip.getEntry(root + "data.pkl")));
      return tensors(
          pickled("data.pkl", pickle),
          key -> {
            ZipEntry entry = zip.getEntry(root + "data/" + key);
            return entry == null ? null : ByteBuffer.wrap(bytes(file, zip, entry));
          });
    } catch (IOException e) {
      throw new IllegalArgumentException(
          file + ": not a whole PyTorch checkpoint in zip format: " + e.getMessage(), e);
    }
  }

  private IllegalArgumentException bigEndian() {
    return new IllegalArgumentException(
        file + ": got big-endian data, wanted little-endian; save it on such a machine");
  }

  private Map<String, HostTensor> legacy(FileChannel channel) throws IOException {
    if (channel.size() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          file + ": of the format before PyTorch 1.6 and over 2 GiB; save it again by a newer one");
    }
    ByteBuffer in = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    in.position(LEGACY.length);
    Object version = pickled("version", in);
    if (!Long.valueOf(1001).equals(version)) {
      throw new IllegalArgumentException(file + ": got another version, wanted 1001");
    }
    if (pickled("system", in) instanceof Map<?, ?> system
        && Boolean.FALSE.equals(system.get("little_endian"))) {
      throw bigEndian();
    }
    Object value = pickled("object", in);
    Map<String, Long> widths = new HashMap<>();
    Map<String, CheckpointPickle.Strided> views = views(value);
    views.values().forEach(v -> widths.put(v.storage().key(), (long) v.storage().type().bytes()));
    Map<String, ByteBuffer> data = new HashMap<>();
    if (pickled("keys", in) instanceof List<?> keys) {
      in.order(ByteOrder.LITTLE_ENDIAN);
      for (Object key : keys) {
        Long width = widths.get(key);
        long elements = in.remaining() < 8 ? -1 : in.getLong();
        if (width == null || elements < 0 || elements > in.remaining() / width) {
          // What follows a storage of no tensor cannot be found: its element's size is not told.
          break;
        }
        data.put((String) key, in.slice(in.position(), (int) (elements * width)));
        in.position(in.position() + (int) (elements * width));
      }
    }
    return tensors(value, data::get);
  }

  private Object pickled(String part, ByteBuffer in) {
    try {
      return CheckpointPickle.read(in);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + part + " " + e.getMessage(), e);
    }
  }

  private Map<String, HostTensor> tensors(Object value, Storages data) throws IOException {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, CheckpointPickle.Strided> view : views(value).entrySet()) {
      CheckpointPickle.Storage storage = view.getValue().storage();
      ByteBuffer bytes = storages.get(storage.key());
      if (bytes == null) {
        bytes = storage(view.getKey(), storage, data.of(storage.key()));
        storages.put(storage.key(), bytes);
        stored += bytes.limit();
      }
      tensors.put(view.getKey(), dense(view.getKey(), view.getValue(), bytes));
    }
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException(
          file + ": holds no tensors, wanted torch.save(model.state_dict(), file)");
    }
    return tensors;
  }

  private static String root(Path file, ZipFile zip) {
    for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
      String name = all.nextElement().getName();
      if (name.equals("data.pkl") || name.endsWith("/data.pkl")) {
        String root = name.substring(0, name.length() - "data.pkl".length());
        if (zip.getEntry(root + "constants.pkl") != null) {
          throw new IllegalArgumentException(
              file
                  + ": got a TorchScript program, wanted a checkpoint of tensors:"
                  + " torch.save(model.state_dict(), file)");
        }
        return root;
      }
    }
    throw new IllegalArgumentException(
        file + ": the zip has no data.pkl, wanted a file written by torch.save");
  }

  /** All tensors of dicts within dicts; shared or self-containing dicts are seen once. */
  private static Map<String, CheckpointPickle.Strided> views(Object value) {
    Map<String, CheckpointPickle.Strided> views = new LinkedHashMap<>();
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    if (value instanceof Map<?, ?> map) {
      collect("", map, 0, seen, views);
    }
    return views;
  }

  private static void collect(
      String prefix,
      Map<?, ?> map,
      int depth,
      Set<Object> seen,
      Map<String, CheckpointPickle.Strided> views) {
    if (depth > 8 || !seen.add(map)) {
      return;
    }
    map.forEach(
        (key, value) -> {
          if (value instanceof CheckpointPickle.Strided view) {
            views.put(prefix + key, view);
          } else if (value instanceof Map<?, ?> inner) {
            collect(prefix + key + ".", inner, depth + 1, seen, views);
          }
        });
  }

  private ByteBuffer storage(String tensor, CheckpointPickle.Storage storage, ByteBuffer data) {
    long wanted;
    try {
      wanted = HostTensor.bytes(storage.type(), storage.elements());
    } catch (IllegalArgumentException e) {
      wanted = -1;
    }
    if (data == null || data.limit() != wanted) {
      throw new IllegalArgumentException(
          file
              + ": key "
              + tensor
              + ": storage "
              + storage.key()
              + " has "
              + (data == null ? "no" : data.limit())
              + " bytes, wanted "
              + (wanted < 0 ? "a possible number, not " + storage.elements() : wanted)
              + "; the file is truncated or corrupt");
    }
    return data;
  }

  private HostTensor dense(String name, CheckpointPickle.Strided view, ByteBuffer storage) {
    int width = view.storage().type().bytes();
    long[] shape = view.shape();
    long[] stride = view.stride();
    long bytes;
    try {
      bytes = HostTensor.bytes(view.storage().type(), shape);
      long last = view.offset();
      boolean valid = view.offset() >= 0 && stride.length == shape.length;
      for (int i = 0; valid && i < shape.length; i++) {
        valid = stride[i] >= 0;
        last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), stride[i]));
      }
      if (!valid || bytes > 0 && last >= view.storage().elements()) {
        throw new ArithmeticException("outside");
      }
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          file
              + ": key "
              + name
              + ": got offset "
              + view.offset()
              + ", shape "
              + Arrays.toString(shape)
              + ", stride "
              + Arrays.toString(stride)
              + " in a storage of "
              + view.storage().elements()
              + " elements, wanted a view inside it",
          e);
    }
    made += bytes;
    if (bytes > Integer.MAX_VALUE - 8 || made > 2 * stored + FREE_EXPANSION) {
      throw new IllegalArgumentException(
          file
              + ": key "
              + name
              + ": its tensors expand to "
              + made
              + " bytes from "
              + stored
              + ", wanted weights of at most 2 GiB each that are stored one by one");
    }
    ByteBuffer out = ByteBuffer.allocate((int) bytes);
    if (bytes > 0) {
      copy(storage, view.offset(), shape, stride, 0, width, out);
    }
    return new HostTensor(view.storage().type(), shape, out.flip());
  }

  private static void copy(
      ByteBuffer from, long at, long[] shape, long[] stride, int axis, int width, ByteBuffer out) {
    if (axis == shape.length) {
      append(from, at * width, width, out);
    } else if (axis == shape.length - 1 && stride[axis] == 1) {
      append(from, at * width, (int) shape[axis] * width, out);
    } else {
      for (long i = 0; i < shape[axis]; i++) {
        copy(from, at + i * stride[axis], shape, stride, axis + 1, width, out);
      }
    }
  }

  private static void append(ByteBuffer from, long at, int bytes, ByteBuffer out) {
    out.put(out.position(), from, Math.toIntExact(at), bytes);
    out.position(out.position() + bytes);
  }

  private static byte[] bytes(Path file, ZipFile zip, ZipEntry entry) throws IOException {
    if (entry.getSize() > Integer.MAX_VALUE - 8
        || entry.getSize() > 1000 * (entry.getCompressedSize() + 1)) {
      throw new IllegalArgumentException(
          file
              + ": "
              + entry.getName()
              + " has "
              + entry.getSize()
              + " bytes, wanted under 2 GiB, not packed");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes((int) entry.getSize());
      CRC32 crc = new CRC32();
      crc.update(bytes);
      if (crc.getValue() != entry.getCrc()) {
        throw new IllegalArgumentException(
            String.format(
                "%s: %s has checksum %08x, expected %08x; the file is corrupt",
                file, entry.getName(), crc.getValue(), entry.getCrc()));
      }
      return bytes;
    }
  }
}
