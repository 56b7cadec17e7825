package ffc.loaders.photos;

import com.google.common.io.Closer;
import ffc.loaders.source.LabelList;
import ffc.loaders.tools.AsideFile;
import ffc.loaders.tools.RecordIoWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.TreeMap;

/** One of the packs that an import fills, with the list of what its labels mean. */
final class ImportedPack implements Closeable {
  private final Closer files = Closer.create();
  private final RecordIoWriter pack;
  private final AsideFile labels;
  private final TreeMap<Long, Long> images = new TreeMap<>();
  private long ofIdentity;

  /**
   * @param rec path of the pack
   * @param identities how many there will be, at most
   */
  ImportedPack(Path rec, long identities) throws IOException {
    try {
      pack = files.register(new RecordIoWriter(rec, identities));
      labels = files.register(new AsideFile(LabelList.of(rec)));
      labels.write(LeftOut.line("label", "identity", "images"));
    } catch (Throwable e) {
      files.close();
      throw e;
    }
  }

  /** The next pictures are of another identity. */
  void identity() {
    pack.identity();
    ofIdentity = 0;
  }

  void picture(byte[] encoded) throws IOException {
    pack.image(ByteBuffer.wrap(encoded));
    ofIdentity++;
  }

  /** The current identity has no more pictures. */
  void end(String name) throws IOException {
    images.merge(ofIdentity, 1L, Long::sum);
    labels.write(
        LeftOut.line(Long.toString(pack.identities() - 1), name, Long.toString(ofIdentity)));
  }

  /** Identities by number of images. */
  TreeMap<Long, Long> images() {
    return images;
  }

  void commit(int height, int width) throws IOException {
    labels.commit();
    pack.commit(height, width);
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
