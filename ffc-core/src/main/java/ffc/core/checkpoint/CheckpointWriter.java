package ffc.core.checkpoint;

import ai.djl.ndarray.NDArray;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Writes one checkpoint: a folder of files that appears under its name only when every byte of it
 * is on the disk. Until {@link #commit} it is a folder whose name starts with {@code .writing-}.
 */
public final class CheckpointWriter {
  static final String CHECKSUMS = "checksums.txt";

  private final Path target;
  private final Path aside;
  private final Map<String, String> checksums = new TreeMap<>();

  CheckpointWriter(Path target) throws IOException {
    this.target = target;
    this.aside = target.resolveSibling(".writing-" + target.getFileName());
    Checkpoints.deleteTree(aside);
    Files.createDirectories(aside);
  }

  private CheckpointWriter() {
    target = null;
    aside = null;
  }

  /** Forgets what it is given: for trainers that have a part in what another one writes. */
  public static CheckpointWriter nowhere() {
    return new CheckpointWriter();
  }

  /** A new file of the checkpoint; closing it makes it durable. */
  public DataOutputStream file(String name) throws IOException {
    if (aside == null) {
      return new DataOutputStream(OutputStream.nullOutputStream());
    }
    Path path = aside.resolve(name);
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    return new DataOutputStream(new BufferedOutputStream(new Durable(channel, name), 1 << 16));
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
    Map<String, String> sums = new TreeMap<>(checksums);
    StringBuilder text = new StringBuilder("ffc-checkpoint 1\n");
    sums.forEach((name, sum) -> text.append(sum).append(' ').append(name).append('\n'));
    try (OutputStream out = file(CHECKSUMS)) {
      out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
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

  private static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Counts and sums what is written; fsyncs when closed. */
  private final class Durable extends FilterOutputStream {
    private final FileChannel channel;
    private final String name;
    private final CRC32C crc = new CRC32C();
    private long size;
    private boolean closed;

    Durable(FileChannel channel, String name) {
      super(OutputStream.nullOutputStream());
      this.channel = channel;
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
      ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      try (channel) {
        channel.force(true);
      }
      checksums.put(name, String.format("%08x %d", crc.getValue(), size));
    }
  }
}
