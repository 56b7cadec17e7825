package ffc.loaders.remote;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * Copies of whole objects in files without a name in the system's folder for temporary files. A
 * copy is made once in the life of a process, and gone with it however it ends.
 */
final class LocalCopies {
  private static final Map<RemoteObject, FileChannel> MADE = new HashMap<>();

  private LocalCopies() {}

  /** The copy of an object; not the caller's to close. */
  static synchronized FileChannel of(RemoteObject object) throws IOException {
    FileChannel made = MADE.get(object);
    if (made == null || !made.isOpen()) { // an interrupted reader closes it
      made = copy(object);
      MADE.put(object, made);
    }
    return made;
  }

  private static FileChannel copy(RemoteObject object) throws IOException {
    FileChannel file = null;
    try {
      Path path = Files.createTempFile("ffc-", ".copy");
      file =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      Files.deleteIfExists(path);
      FileChannel into = file;
      IOException[] full = new IOException[1];
      Blocks.shared()
          .requests()
          .fetch(
              object,
              0,
              object.length(),
              bytes -> {
                try {
                  write(bytes, full[0] == null ? into : null);
                } catch (IOException e) {
                  full[0] = e; // thrown here, it would be taken for one of the server
                }
              });
      if (full[0] != null) {
        throw full[0];
      }
      return file;
    } catch (RemoteException e) {
      file.close();
      throw e;
    } catch (IOException e) {
      if (file != null) {
        file.close();
      }
      throw new IOException(
          "no copy of it can be kept in %s: %s"
              .formatted(System.getProperty("java.io.tmpdir"), e.getMessage()),
          e);
    }
  }

  private static void write(ByteBuffer bytes, FileChannel into) throws IOException {
    while (into != null && bytes.hasRemaining()) {
      into.write(bytes);
    }
  }
}
