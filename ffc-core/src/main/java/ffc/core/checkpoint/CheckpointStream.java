package ffc.core.checkpoint;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A checkpoint on its way to another trainer: file by file as it is made, without a folder on the
 * sender's side. Grammar: a file is its name (UTF), blocks of a length (int, above 0) and as many
 * bytes, and a length of 0; an empty name ends the stream. The last file lists the checksums.
 */
public final class CheckpointStream {
  private static final int MOST = 1 << 20;

  private CheckpointStream() {}

  /** Sends what the content writes. */
  public static void send(DataOutput out, Checkpoints.Content content) throws IOException {
    CheckpointWriter writer = CheckpointWriter.to(out);
    content.write(writer);
    writer.writeChecksums();
    out.writeUTF("");
  }

  /**
   * Writes the files of a stream into a folder; {@link CheckpointReader#open} then tells whether
   * they are whole.
   *
   * @throws IllegalArgumentException if the stream is none
   */
  public static void receive(DataInput in, Path folder) throws IOException {
    byte[] block = new byte[MOST];
    for (String name = in.readUTF(); !name.isEmpty(); name = in.readUTF()) {
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
        throw new IllegalArgumentException(
            "cluster: the state of another trainer names a file '" + name + "'");
      }
      try (OutputStream out = Files.newOutputStream(folder.resolve(name))) {
        for (int length = in.readInt(); length != 0; length = in.readInt()) {
          if (length < 0 || length > MOST) {
            throw new IllegalArgumentException(
                "cluster: the state of another trainer has a block of " + length + " bytes");
          }
          in.readFully(block, 0, length);
          out.write(block, 0, length);
        }
      }
    }
  }

  /** One file of a stream. */
  static final class Sender extends OutputStream {
    private final DataOutput out;

    Sender(DataOutput out, String name) throws IOException {
      this.out = out;
      out.writeUTF(name);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      for (int at = 0; at < length; at += MOST) {
        int block = Math.min(length - at, MOST);
        out.writeInt(block);
        out.write(bytes, offset + at, block);
      }
    }

    @Override
    public void close() throws IOException {
      out.writeInt(0);
    }
  }
}
