package ffc.loaders.photos.walk;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** The entries of a zip or a tar, each readable by itself. One thread at a time reads. */
final class ArchiveFile implements Closeable {
  /** Opens an entry. */
  @FunctionalInterface
  private interface Opened {
    InputStream open() throws IOException;
  }

  /**
   * An entry that is no folder.
   *
   * @param name as the archive has it
   * @param reason why it cannot be read, or null
   * @param more about it
   */
  record Entry(String name, Reason reason, String more, PhotoSource.Bytes bytes) {}

  private final Closeable file;
  private final List<Entry> entries;

  private ArchiveFile(Closeable file, List<Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /** Opens a zip. */
  static ArchiveFile zip(Path path) throws IOException {
    ZipFile zip = ZipFile.builder().setPath(path).setIgnoreLocalFileHeader(true).get();
    List<Entry> entries =
        java.util.Collections.list(zip.getEntries()).stream()
            .filter(entry -> !entry.isDirectory())
            .map(entry -> of(zip, entry))
            .toList();
    return new ArchiveFile(zip, entries);
  }

  private static Entry of(ZipFile zip, ZipArchiveEntry entry) {
    if (entry.isUnixSymlink()) {
      return new Entry(entry.getName(), Reason.ARCHIVE_LINK, "", null);
    }
    if (!zip.canReadEntryData(entry)) {
      String why =
          entry.getGeneralPurposeBit().usesEncryption()
              ? "is encrypted"
              : "is compressed by a method that is not read";
      return new Entry(entry.getName(), Reason.UNREADABLE, why, null);
    }
    InArchive bytes =
        new InArchive(zip, () -> zip.getInputStream(entry), entry.getSize(), entry.getCrc());
    return new Entry(entry.getName(), null, "", bytes);
  }

  /** Opens a tar. */
  static ArchiveFile tar(Path path) throws IOException {
    TarFile tar = new TarFile(path);
    List<Entry> entries =
        tar.getEntries().stream()
            .filter(entry -> !entry.isDirectory())
            .map(entry -> of(tar, entry))
            .toList();
    return new ArchiveFile(tar, entries);
  }

  private static Entry of(TarFile tar, TarArchiveEntry entry) {
    if (entry.isLink() || entry.isSymbolicLink()) {
      return new Entry(entry.getName(), Reason.ARCHIVE_LINK, "", null);
    }
    if (!entry.isFile() || entry.isSparse()) {
      return new Entry(entry.getName(), Reason.SPECIAL, "", null);
    }
    return new Entry(
        entry.getName(),
        null,
        "",
        new InArchive(tar, () -> tar.getInputStream(entry), entry.getSize(), -1));
  }

  /** All entries that are no folders, in the archive's order. */
  List<Entry> entries() {
    return entries;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /**
   * Bytes of an entry.
   *
   * @param archive held while they are read: it keeps one place for all
   * @param crc CRC-32, or -1 if the archive has none
   */
  private record InArchive(Object archive, Opened opened, long size, long crc)
      implements PhotoSource.Bytes {
    @Override
    public long modified() {
      return 0; // the archive's own time tells
    }

    @Override
    public byte[] head(int most) throws IOException {
      return read(most);
    }

    @Override
    public byte[] all() throws IOException {
      // One byte more tells an entry that holds more than it says, without unpacking it all.
      byte[] bytes = read((int) Math.min(Integer.MAX_VALUE - 8, size + 1));
      if (bytes.length != size) {
        throw new IOException(
            "damaged: unpacks to %s than the %,d bytes that the archive says"
                .formatted(bytes.length > size ? "more" : "fewer", size));
      }
      if (crc >= 0) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        if (sum.getValue() != crc) {
          throw new IOException("damaged: its bytes are not those that were packed (CRC-32)");
        }
      }
      return bytes;
    }

    private byte[] read(int most) throws IOException {
      synchronized (archive) {
        try (InputStream in = opened.open()) {
          return in.readNBytes(most);
        } catch (RuntimeException e) {
          throw new IOException("damaged: " + e.getMessage(), e);
        }
      }
    }
  }
}
