package ffc.pfc.classes;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.formats.FileProblem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Where tables get their zeroed segments from. Closing it ends the life of all of them. */
public sealed interface TableMemory extends AutoCloseable {

  /** The longest segment in bytes, a power of two that a buffer can address. */
  int SEGMENT_BYTES = 1 << 30;

  /**
   * A new segment of zeros, little-endian, at most {@link #SEGMENT_BYTES} long.
   *
   * @param table name of the table it belongs to
   */
  ByteBuffer segment(String table, int bytes);

  @Override
  void close();

  /**
   * Memory of the tensor engine: neither the Java heap nor the limit of direct buffers bounds it.
   */
  final class Native implements TableMemory {
    private final NDManager manager = NDManager.newBaseManager(Device.cpu());

    @Override
    public ByteBuffer segment(String table, int bytes) {
      NDArray array = manager.zeros(new Shape(bytes), DataType.UINT8);
      NDScope.unregister(array);
      return NativeBuffers.view(array);
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  /**
   * Files mapped into memory, for tables larger than it. The files have no name once they are
   * mapped, so that they vanish with the process however it ends; a checkpoint is what lasts.
   */
  final class Mapped implements TableMemory {
    private final Path folder;
    private final boolean reserving;

    /**
     * @param bytes of all segments that will be asked for, whose space is taken at once; 0 =
     *     unknown, it is taken as pages are written
     * @throws IllegalArgumentException if the disk has no room for them
     */
    public Mapped(Path folder, long bytes) {
      this.folder = folder;
      this.reserving = bytes > 0;
      long free;
      try {
        Files.createDirectories(folder);
        free = Files.getFileStore(folder).getUsableSpace();
      } catch (IOException e) {
        throw new IllegalArgumentException(
            "method.folder " + FileProblem.writing(folder, e).getMessage(), e);
      }
      if (free < bytes) {
        throw new IllegalArgumentException(
            "method.folder "
                + folder
                + ": has "
                + free
                + " bytes free, wanted "
                + bytes
                + " for class centres and their optimiser state");
      }
    }

    @Override
    public ByteBuffer segment(String table, int bytes) {
      try {
        Path file = Files.createTempFile(folder, table + "-", ".rows");
        if (reserving) {
          reserve(file, bytes);
        }
        try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
          return channel
              .map(FileChannel.MapMode.READ_WRITE, 0, bytes)
              .order(ByteOrder.LITTLE_ENDIAN);
        } finally {
          Files.delete(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(
            folder + ": cannot map " + bytes + " bytes for the table " + table, e);
      }
    }

    /**
     * Takes the space now: a disk that is full when a page is first written ends the process. Where
     * there is no fallocate, or the file system has none, the check at the start has to do.
     */
    private static void reserve(Path file, int bytes) throws IOException {
      try {
        new ProcessBuilder("fallocate", "-l", Integer.toString(bytes), file.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
      } catch (IOException e) {
        return; // not installed
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      long free = Files.getFileStore(file).getUsableSpace();
      if (Files.size(file) < bytes && free < bytes) {
        throw new IOException("got " + free + " bytes free, wanted " + bytes);
      }
    }

    @Override
    public void close() {
      // A mapping ends when its buffer is collected.
    }
  }
}
