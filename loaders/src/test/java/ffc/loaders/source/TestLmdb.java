package ffc.loaders.source;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.lmdbjava.ByteArrayProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/** Writes LMDB environments of Datum messages with the native library. */
public final class TestLmdb {
  private TestLmdb() {}

  /** One image of an environment. */
  public record Entry(String key, long label, byte[] image) {}

  /** Writes {@code folder} and {@code folder.txt}, each image within a Datum message. */
  public static void write(Path folder, List<Entry> entries) throws Exception {
    Files.createDirectories(folder);
    write(folder, entries, TestLmdb::datum);
  }

  /**
   * Writes an environment and its list.
   *
   * @param place a folder that exists, or the data file to make
   * @param value how a value holds its image
   */
  public static void write(
      Path place, List<Entry> entries, UnaryOperator<byte[]> value, EnvFlags... flags)
      throws Exception {
    StringBuilder list = new StringBuilder();
    try (Env<byte[]> env =
        Env.create(ByteArrayProxy.PROXY_BA)
            .setMapSize(1 << 28)
            .setMaxDbs(1)
            .open(place.toFile(), flags)) {
      Dbi<byte[]> db = env.openDbi((String) null, DbiFlags.MDB_CREATE);
      try (Txn<byte[]> txn = env.txnWrite()) {
        for (Entry entry : entries) {
          db.put(txn, entry.key().getBytes(StandardCharsets.UTF_8), value.apply(entry.image()));
          list.append(entry.key()).append(' ').append(entry.label()).append('\n');
        }
        txn.commit();
      }
    }
    Files.writeString(Path.of(place + ".txt"), list);
  }

  static byte[] datum(byte[] image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0x0a);
    int length = image.length;
    while (length > 0x7f) {
      out.write(length & 0x7f | 0x80);
      length >>>= 7;
    }
    out.write(length);
    out.writeBytes(image);
    return out.toByteArray();
  }
}
