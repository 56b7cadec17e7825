package ffc.core.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * PyTorch checkpoints in the zip format of PyTorch 1.6 and later, read without executing pickled
 * code.
 *
 * <pre>
 * NAME/data.pkl    pickle: names → tensors as views (offset, shape, stride) into storages
 * NAME/data/KEY    the bytes of storage KEY
 * NAME/byteorder   "little", if present
 * </pre>
 */
public final class TorchCheckpoint {
  /** Keys under which training scripts keep a network among other things, by preference. */
  private static final List<String> NETWORKS =
      List.of("state_dict_backbone", "state_dict", "backbone", "model_state_dict", "model", "net");

  private TorchCheckpoint() {}

  /**
   * Reads the tensors of a checkpoint: a state dict, or a dict that holds one under a usual key
   * such as {@code state_dict}. The prefix {@code module.} of wrapped networks is dropped.
   *
   * @return dense arrays by name, in the order of the file
   * @throws IllegalArgumentException if the file is corrupt, of the old format, not of plain
   *     tensors or holds no network
   */
  public static Map<String, HostTensor> read(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      String root = root(file, zip);
      ZipEntry order = zip.getEntry(root + "byteorder");
      if (order != null && !new String(bytes(file, zip, order)).trim().equals("little")) {
        throw new IllegalArgumentException(
            file + ": got big-endian data, wanted little-endian; save it on such a machine");
      }
      Object value;
      try {
        value = CheckpointPickle.read(bytes(file, zip, zip.getEntry(root + "data.pkl")));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(file + ": data.pkl " + e.getMessage(), e);
      }
      Map<String, CheckpointPickle.Strided> views = network(file, value);
      Map<String, ByteBuffer> storages = new LinkedHashMap<>();
      Map<String, HostTensor> tensors = new LinkedHashMap<>();
      boolean wrapped = views.keySet().stream().allMatch(name -> name.startsWith("module."));
      for (Map.Entry<String, CheckpointPickle.Strided> view : views.entrySet()) {
        CheckpointPickle.Storage storage = view.getValue().storage();
        ByteBuffer data = storages.get(storage.key());
        if (data == null) {
          data = storage(file, zip, root, view.getKey(), storage);
          storages.put(storage.key(), data);
        }
        tensors.put(
            wrapped ? view.getKey().substring("module.".length()) : view.getKey(),
            dense(file, view.getKey(), view.getValue(), data));
      }
      return tensors;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          file
              + ": not a PyTorch checkpoint in zip format ("
              + e.getMessage()
              + "); files of PyTorch before 1.6 must be saved again by a newer one",
          e);
    }
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

  private static Map<String, CheckpointPickle.Strided> network(Path file, Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<String, CheckpointPickle.Strided> views = views(map);
      if (!views.isEmpty()) {
        return views;
      }
      for (String key : NETWORKS) {
        if (map.get(key) instanceof Map<?, ?> inner && !views(inner).isEmpty()) {
          return views(inner);
        }
      }
      throw new IllegalArgumentException(
          file + ": got keys " + map.keySet() + ", wanted tensors or one of " + NETWORKS);
    }
    throw new IllegalArgumentException(
        file + ": got no dict of tensors, wanted torch.save(model.state_dict(), file)");
  }

  private static Map<String, CheckpointPickle.Strided> views(Map<?, ?> map) {
    Map<String, CheckpointPickle.Strided> views = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          if (key instanceof String name && value instanceof CheckpointPickle.Strided view) {
            views.put(name, view);
          }
        });
    return views;
  }

  private static ByteBuffer storage(
      Path file, ZipFile zip, String root, String tensor, CheckpointPickle.Storage storage)
      throws IOException {
    ZipEntry entry = zip.getEntry(root + "data/" + storage.key());
    long wanted = storage.elements() * storage.type().bytes();
    if (entry == null || entry.getSize() != wanted) {
      throw new IllegalArgumentException(
          file
              + ": key "
              + tensor
              + ": storage data/"
              + storage.key()
              + " has "
              + (entry == null ? "no" : entry.getSize())
              + " bytes, wanted "
              + wanted);
    }
    return ByteBuffer.wrap(bytes(file, zip, entry));
  }

  private static HostTensor dense(
      Path file, String name, CheckpointPickle.Strided view, ByteBuffer storage) {
    int width = view.storage().type().bytes();
    long[] shape = view.shape();
    long[] stride = view.stride();
    long elements = HostTensor.elements(shape);
    long last = view.offset();
    boolean valid = view.offset() >= 0 && stride.length == shape.length;
    for (int i = 0; valid && i < shape.length; i++) {
      valid = stride[i] >= 0;
      last += elements == 0 ? 0 : (shape[i] - 1) * stride[i];
    }
    if (!valid || elements > 0 && last >= view.storage().elements()) {
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
              + " elements, wanted a view inside it");
    }
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(elements * width));
    if (elements > 0) {
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
    if (entry.getSize() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          file + ": " + entry.getName() + " has " + entry.getSize() + " bytes, wanted under 2 GiB");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readAllBytes();
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
