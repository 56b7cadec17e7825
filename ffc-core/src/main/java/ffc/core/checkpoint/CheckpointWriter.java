package ffc.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ffc.formats.FileProblem;
import ffc.formats.WholeFile;
import java.io.BufferedOutputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Writes one checkpoint: a folder of files that appears under its name only when every byte of it
 * is on the disk. Until {@link #commit} it is a folder whose name starts with {@code .writing-}.
 */
public final class CheckpointWriter {
  static final String CHECKSUMS = "checksums.txt";
  private static final int BUFFER = 1 << 16;

  private static final String HALF_WRITTEN = ".writing-";

  private final Path target;
  private final Path aside;
  private final DataOutput stream;
  private final Map<String, String> checksums = new TreeMap<>();

  CheckpointWriter(Path target) throws IOException {
    this.target = target;
    this.aside = target.resolveSibling(HALF_WRITTEN + target.getFileName());
    this.stream = null;
    try {
      Checkpoints.deleteTree(aside);
      Files.createDirectories(aside);
    } catch (IOException e) {
      throw FileProblem.writing(aside, e);
    }
  }

  private CheckpointWriter(DataOutput stream) {
    target = null;
    aside = null;
    this.stream = stream;
  }

  /** Forgets what it is given: for trainers that have a part in what another one writes. */
  public static CheckpointWriter nowhere() {
    return new CheckpointWriter((DataOutput) null);
  }

  /** Sends the files one after the other instead of keeping them; {@link CheckpointStream}. */
  static CheckpointWriter to(DataOutput stream) {
    return new CheckpointWriter(stream);
  }

  /**
   * A new file of the checkpoint that begins with the header of {@link CheckpointInput}; closing it
   * makes it durable.
   *
   * @param version of the content, at least 1
   */
  public DataOutputStream file(String name, int version) throws IOException {
    DataOutputStream out = file(name);
    out.writeInt(CheckpointInput.MAGIC);
    out.writeUTF(name);
    out.writeInt(version);
    return out;
  }

  private DataOutputStream file(String name) throws IOException {
    if (aside == null && stream == null) {
      return new DataOutputStream(OutputStream.nullOutputStream());
    }
    OutputStream to =
        stream == null
            ? new Durable(aside.resolve(name))
            : new CheckpointStream.Sender(stream, name);
    return new DataOutputStream(new BufferedOutputStream(new Summed(to, name), BUFFER));
  }

  /** Arrays by name, as a safetensors file. */
  public void tensors(String name, Map<String, NDArray> arrays) throws IOException {
    try (OutputStream out = file(name + ".safetensors")) {
      Tensors.write(out, arrays);
    }
  }

  /** Key-value pairs, as text lines {@code key=value} in the order of the map. */
  public void properties(String name, Map<String, String> values) throws IOException {
    StringBuilder text = new StringBuilder();
    values.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    try (OutputStream out = file(name + ".properties")) {
      out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Makes the checkpoint whole and visible. */
  Path commit() throws IOException {
    try {
      return commitFiles();
    } catch (IOException e) {
      throw FileProblem.writing(target, e);
    }
  }

  /** Whether a folder is what a writer had not committed. */
  static boolean isHalfWritten(Path folder) {
    return folder.getFileName().toString().startsWith(HALF_WRITTEN);
  }

  /** Removes what was written of a checkpoint that cannot be completed. */
  void discard() {
    try {
      Checkpoints.deleteTree(aside);
    } catch (IOException e) {
      // the failure that led here says more; the next checkpoint tries again
    }
  }

  /**
   * Puts a small text beside the files of a checkpoint that is there already. It is no part of the
   * checkpoint: it has no checksum and may be lost.
   */
  public static void note(Path checkpoint, String name, String text) throws IOException {
    WholeFile.write(checkpoint.resolve(name), text);
  }

  /** The last file: what the others must be. */
  void writeChecksums() throws IOException {
    Map<String, String> sums = new TreeMap<>(checksums);
    StringBuilder text = new StringBuilder("ffc-checkpoint 1\n");
    sums.forEach((name, sum) -> text.append(sum).append(' ').append(name).append('\n'));
    try (OutputStream out = file(CHECKSUMS)) {
      out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  private Path commitFiles() throws IOException {
    writeChecksums();
    syncFolder(aside);
    // A checkpoint of the same step may exist after a resume: it is replaced.
    Path old = target.resolveSibling(".old-" + target.getFileName());
    if (Files.exists(target)) {
      Checkpoints.deleteTree(old);
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    syncFolder(target.getParent());
    Checkpoints.deleteTree(old);
    return target;
  }

  static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Counts and sums what is written. */
  private final class Summed extends OutputStream {
    private final OutputStream to;
    private final String name;
    private final CRC32C crc = new CRC32C();
    private long size;
    private boolean closed;

    Summed(OutputStream to, String name) {
      this.to = to;
      this.name = name;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      crc.update(bytes, offset, length);
      size += length;
      to.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      to.close();
      checksums.put(name, String.format(Locale.ROOT, "%08x %d", crc.getValue(), size));
    }
  }

  /** A new file; fsyncs when closed. */
  private static final class Durable extends OutputStream {
    private final Path path;
    private final FileChannel channel;

    Durable(Path path) throws IOException {
      this.path = path;
      try {
        channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      } catch (IOException e) {
        throw FileProblem.writing(path, e);
      }
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
      try {
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      } catch (IOException e) {
        throw FileProblem.writing(path, e);
      }
    }

    @Override
    public void close() throws IOException {
      try (channel) {
        channel.force(true);
      } catch (IOException e) {
        throw FileProblem.writing(path, e);
      }
    }
  }
}
