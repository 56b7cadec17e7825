package ffc.loaders.photos;

import ffc.loaders.data.BadDataException;
import ffc.loaders.photos.walk.PhotoSource;
import ffc.loaders.photos.walk.Reason;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;

/**
 * What an import has done so far, for one that goes on after it was stopped or killed: a file of
 * records, one for each file of the walk in its order, behind one that says what the import is.
 * Each has its length and CRC-32 in front; what follows the last whole one is cut off. Locked while
 * it is open, deleted when the packs are there.
 */
final class ImportJournal implements Closeable {
  private static final long MAGIC = 0x4646434a_524e4c31L; // "FFCJRNL1"
  private static final int LONGEST = 1 << 28;
  private static final int HEAD = 8;
  private static final long FLUSH_NANOS = 1_000_000_000L;

  /**
   * Which file a record is of.
   *
   * @param size its bytes, or -1 if that cannot be told
   * @param modified milliseconds of the epoch, or 0
   */
  record Key(String path, long size, long modified) {
    static Key of(String path, PhotoSource.Bytes bytes) {
      try {
        return new Key(path, bytes.size(), bytes.modified());
      } catch (IOException e) {
        return new Key(path, -1, 0); // said again by whoever reads it
      }
    }
  }

  private final Path file;
  private final FileChannel channel;
  private DataInputStream known;
  private long end;
  private OutputStream out;
  private long flushed;
  private long taken;

  private ImportJournal(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Where the journal of an import into a folder lies. */
  static Path in(Path folder) {
    return folder.resolve("import.part");
  }

  /**
   * Opens the journal of an import, or begins it.
   *
   * @param what all that its pictures hang on, one line
   * @throws BadDataException if the folder holds that of another import, or one that is running
   */
  static ImportJournal open(Path folder, String what) throws IOException {
    Path file = in(folder);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      lock(folder, channel);
      ImportJournal journal = new ImportJournal(file, channel);
      journal.begin(what);
      return journal;
    } catch (Throwable e) {
      channel.close();
      throw e;
    }
  }

  private static void lock(Path folder, FileChannel channel) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null; // held by this very process: the same answer
    }
    if (lock == null) {
      throw new BadDataException(folder + ": another import fills this folder");
    }
  }

  private void begin(String what) throws IOException {
    byte[] wanted = (MAGIC + " " + what).getBytes(StandardCharsets.UTF_8);
    known = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel), 1 << 20));
    byte[] begun = record();
    if (begun == null) {
      write();
      append(wanted);
      return;
    }
    String was = new String(begun, StandardCharsets.UTF_8);
    if (!java.util.Arrays.equals(begun, wanted)) {
      throw new BadDataException(
          "%s: holds what an import left that was not through (%s), this one is another (%s); repeat that one, or remove the file to begin anew"
              .formatted(file, was.substring(was.indexOf(' ') + 1), what));
    }
  }

  /** The bytes of the next record, or null where the whole ones end. */
  private byte[] record() throws IOException {
    try {
      int length = known.readInt();
      int crc = known.readInt();
      if (length < 0 || length > LONGEST || length > channel.size() - end - HEAD) {
        return null;
      }
      byte[] bytes = new byte[length];
      known.readFully(bytes);
      if (crc(bytes) != crc) {
        return null;
      }
      end += HEAD + length;
      return bytes;
    } catch (EOFException e) {
      return null;
    }
  }

  private static int crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** From here on records are written, over whatever else is there. */
  private void write() throws IOException {
    known = null;
    channel.truncate(end).position(end);
    out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 20);
  }

  /** Files whose pictures were taken from here. */
  long taken() {
    return taken;
  }

  /**
   * What became of the next file of the walk, or null if that is not known: then it must be {@link
   * #add added}, and nothing that follows is known either.
   */
  Imported next(Key key) throws IOException {
    if (known == null) {
      return null;
    }
    long start = end;
    byte[] record = record();
    Imported imported = record == null ? null : parse(record, key);
    if (imported == null) {
      end = start; // the file is another by now, or nothing is left
      write();
      return null;
    }
    taken++;
    return imported;
  }

  private static Imported parse(byte[] record, Key key) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(record));
    if (!text(in).equals(key.path())
        || in.readLong() != key.size()
        || in.readLong() != key.modified()) {
      return null;
    }
    int kind = in.readInt();
    String reason = text(in);
    int height = in.readInt();
    int width = in.readInt();
    long digest = in.readLong();
    long look = in.readLong();
    byte[] encoded = in.readAllBytes();
    return kind < 0
        ? new Imported(encoded, height, width, digest, look, null, reason)
        : Imported.leftOut(Reason.values()[kind], reason);
  }

  /** Says what became of the next file. */
  void add(Key key, Imported imported) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream to = new DataOutputStream(bytes);
    text(to, key.path());
    to.writeLong(key.size());
    to.writeLong(key.modified());
    to.writeInt(imported.kind() == null ? -1 : imported.kind().ordinal());
    text(to, imported.reason());
    to.writeInt(imported.height());
    to.writeInt(imported.width());
    to.writeLong(imported.digest());
    to.writeLong(imported.look());
    if (imported.encoded() != null) {
      to.write(imported.encoded());
    }
    append(bytes.toByteArray());
  }

  private void append(byte[] record) throws IOException {
    DataOutputStream to = new DataOutputStream(out);
    to.writeInt(record.length);
    to.writeInt(crc(record));
    to.write(record);
    end += HEAD + record.length;
    if (System.nanoTime() - flushed > FLUSH_NANOS) {
      out.flush();
      flushed = System.nanoTime();
    }
  }

  private static String text(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void text(DataOutputStream to, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    to.writeInt(bytes.length);
    to.write(bytes);
  }

  /** Deletes it: the packs are there, or there will be none. */
  void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      if (out != null) {
        out.flush();
      }
    }
  }
}
