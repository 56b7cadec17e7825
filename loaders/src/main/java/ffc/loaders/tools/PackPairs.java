package ffc.loaders.tools;

import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.pairs.ListedPairs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Packs a pairs list and its folder into InsightFace's {@code .bin}: a pickle, protocol 3, of (list
 * of 2N byte strings, list of N booleans).
 */
public final class PackPairs {
  private PackPairs() {}

  /**
   * Packs a list.
   *
   * @param list lines {@code pathA pathB 0|1}
   * @param folder what the paths are relative to
   * @param out the file to write
   * @return number of pairs
   * @throws IllegalArgumentException if the file to write exists already
   * @throws ffc.loaders.data.BadDataException if an image cannot be decoded
   */
  public static int run(Path list, Path folder, Path out, Progress progress) {
    AsideFile.refuseExisting(out);
    try (ListedPairs pairs = ListedPairs.open(list, folder);
        MadeFolders made = new MadeFolders(out.toAbsolutePath().getParent());
        AsideFile file = new AsideFile(out)) {
      put(file, 0x80, 3, ']', '(');
      for (int image = 0; image < pairs.images(); image++) {
        int number = image;
        ByteBuffer bytes = pairs.encoded(image);
        DecodeCheck.check(bytes, null, () -> list + " image " + number);
        ByteBuffer head = ByteBuffer.allocate(5).order(ByteOrder.LITTLE_ENDIAN);
        file.write(head.put((byte) 'B').putInt(bytes.remaining()).flip());
        file.write(bytes);
        progress.report("images", image + 1, pairs.images());
      }
      put(file, 'e', ']', '(');
      for (int pair = 0; pair < pairs.pairs(); pair++) {
        put(file, pairs.same(pair) ? 0x88 : 0x89);
      }
      put(file, 'e', 0x86, '.');
      file.commit();
      return pairs.pairs();
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static void put(AsideFile file, int... bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
    for (int b : bytes) {
      buffer.put((byte) b);
    }
    file.write(buffer.flip());
  }
}
