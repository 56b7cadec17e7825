package ffc.loaders.photos;

import ffc.loaders.tools.AsideFile;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds pictures that are there twice: the same bytes, which are left out within an identity and
 * reported between identities, and pictures of one identity that look alike, which are reported. A
 * file of lines {@code path<TAB>kind<TAB>of}. Some 24 bytes a picture are held.
 */
final class Duplicates implements Closeable {
  /** Most bits of 64 in which the looks of near duplicates differ. */
  private static final int NEAR = 3;

  private final AsideFile file;
  private final Long2IntOpenHashMap labels = new Long2IntOpenHashMap();
  private final List<String> names = new ArrayList<>();
  private final Map<Long, String> ofIdentity = new HashMap<>();
  private final List<String> paths = new ArrayList<>();
  private long[] looks = new long[16];
  private long near;
  private long elsewhere;

  Duplicates(Path path) throws IOException {
    file = new AsideFile(path);
    file.write(LeftOut.line("path", "kind", "of"));
    labels.defaultReturnValue(-1);
  }

  /** The next pictures are of this identity. */
  void identity(String name) {
    names.add(name);
    ofIdentity.clear();
    paths.clear();
  }

  /**
   * Looks a picture of the current identity up and remembers it.
   *
   * @return path of the picture of this identity with the same bytes, or null
   */
  String add(String path, Imported picture) throws IOException {
    String same = ofIdentity.putIfAbsent(picture.digest(), path);
    if (same != null) {
      return same;
    }
    int other = labels.putIfAbsent(picture.digest(), names.size() - 1);
    if (other >= 0) {
      elsewhere++;
      file.write(LeftOut.line(path, "the same bytes under another identity", names.get(other)));
    }
    for (int i = 0; i < paths.size(); i++) {
      if (Long.bitCount(looks[i] ^ picture.look()) <= NEAR) {
        near++;
        file.write(LeftOut.line(path, "looks like another of its identity", paths.get(i)));
        break;
      }
    }
    if (paths.size() == looks.length) {
      looks = java.util.Arrays.copyOf(looks, 2 * looks.length);
    }
    looks[paths.size()] = picture.look();
    paths.add(path);
    return null;
  }

  /** Pictures of one identity that look alike. */
  long near() {
    return near;
  }

  /** Pictures whose bytes are under another identity too. */
  long elsewhere() {
    return elsewhere;
  }

  void commit() throws IOException {
    file.commit();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
