package ffc.loaders.tar;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Writes tars for tests, by another program's code. */
public final class TestTars implements AutoCloseable {
  private final Path file;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar =
      new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name());

  public TestTars(Path file) {
    this(file, TarArchiveOutputStream.LONGFILE_POSIX);
  }

  TestTars(Path file, int longNames) {
    this.file = file;
    tar.setLongFileMode(longNames);
  }

  public TestTars add(String name, byte[] content) {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    return add(entry, content);
  }

  public TestTars add(String name, String content) {
    return add(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** An image beside its label. */
  public TestTars sample(String key, long label, byte[] png) {
    return add(key + ".png", png).add(key + ".cls", label + "\n");
  }

  /** An entry without content of a type: a folder, link or device. */
  TestTars special(String name, byte type) {
    TarArchiveEntry entry = new TarArchiveEntry(name, type);
    if (type == TarConstants.LF_SYMLINK || type == TarConstants.LF_LINK) {
      entry.setLinkName("elsewhere");
    }
    return add(entry, new byte[0]);
  }

  TestTars pax(String name, String key, String value, byte[] content) {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    entry.addPaxHeader(key, value);
    return add(entry, content);
  }

  private TestTars add(TarArchiveEntry entry, byte[] content) {
    try {
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      tar.close();
      Files.write(file, bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
