package ffc.loaders.index;

import ffc.loaders.data.BadDataException;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.format.FileKind;
import ffc.loaders.remote.RemotePath;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.Place;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.zip.CRC32C;

/**
 * The text file {@code index.ffc} of an index: lines of a word and its value.
 *
 * <pre>
 * ffc-index 1
 * format    recordio | folder | lmdb | manifest | synthetic
 * identities, images    numbers
 * stamp     hash of the source's sizes and headers when it was indexed
 * fingerprint  of the data set, the same as of the source opened directly
 * spec      description of a synthetic set, else -
 * part      identities before it, path relative to the index TAB absolute path, or an address
 *           twice   (for each part)
 * catalogue  hash of the lists or folders of the source, their times of change in milliseconds
 *           joined by commas; of a remote source the word remote, hashes of address, length and
 *           version of lists and images   (not in indexes of older versions)
 * file      name, bytes, blocks        (for each file, in the order of its checksums in sums.i32)
 * sums      CRC-32C of sums.i32, hexadecimal
 * check     CRC-32C of all lines before, hexadecimal
 * </pre>
 */
record IndexHeader(
    String format,
    long identities,
    long images,
    String stamp,
    String fingerprint,
    String spec,
    List<Part> parts,
    Catalogue catalogue,
    List<Content> files,
    String sums) {
  static final String FILE = "index.ffc";
  private static final String MAGIC = "ffc-index ";
  private static final int VERSION = 1;

  record Part(long base, String relative, String absolute) {
    /** Where the part lies now: beside the index if it moved with it. */
    Path resolve(Path index, DataFormat format) {
      if (RemotePath.isAddress(absolute)) {
        return RemotePath.of(absolute);
      }
      Path moved = index.toAbsolutePath().resolve(relative).normalize();
      boolean stays = !exists(moved, format) && exists(Path.of(absolute), format);
      return stays ? Path.of(absolute) : moved;
    }

    private static boolean exists(Path part, DataFormat format) {
      return Files.exists(format.files(part).get(0));
    }
  }

  record Content(String name, long bytes, int blocks) {}

  /**
   * What the source's lists or folders were when it was indexed.
   *
   * @param hash of their content; empty if it is not known
   * @param times of their last change
   */
  record Catalogue(String hash, String times) {
    static final Catalogue UNKNOWN = new Catalogue("", "");

    static Catalogue of(Source source) {
      // A remote one is what its server says it is: nothing is read twice over the net.
      String hash = isRemote(source) ? "remote" : source.catalogueHash();
      return new Catalogue(hash, times(source));
    }

    private static boolean isRemote(Source source) {
      return source.parts().stream().anyMatch(RemotePath::isRemote);
    }

    /** Whether it is that of a source; its content is read only if times differ, as in a copy. */
    boolean isOf(Source source) {
      return hash.isEmpty()
          || times.equals(times(source))
          || !isRemote(source) && hash.equals(source.catalogueHash());
    }

    static String times(Source source) {
      StringJoiner joined = new StringJoiner(",");
      Set<Path> files = new LinkedHashSet<>(source.catalogues());
      source.parts().stream().filter(RemotePath::isRemote).forEach(files::add);
      for (Path file : files) {
        try {
          joined.add(
              file instanceof RemotePath remote
                  ? new Fingerprint()
                      .add(remote.toString())
                      .add(Files.size(remote))
                      .add(remote.version())
                      .hex()
                  : Long.toString(Files.getLastModifiedTime(file).toMillis()));
        } catch (IOException e) {
          throw new BadDataException(file + ": cannot be read: " + e.getMessage(), e);
        }
      }
      return joined.toString();
    }
  }

  String text() {
    StringBuilder text = new StringBuilder(MAGIC + VERSION + "\n");
    text.append("format ").append(format).append('\n');
    text.append("identities ").append(identities).append('\n');
    text.append("images ").append(images).append('\n');
    text.append("stamp ").append(stamp).append('\n');
    text.append("fingerprint ").append(fingerprint).append('\n');
    text.append("spec ").append(spec).append('\n');
    for (Part part : parts) {
      text.append("part ").append(part.base()).append(' ').append(part.relative());
      text.append('\t').append(part.absolute()).append('\n');
    }
    if (!catalogue.hash().isEmpty()) {
      text.append("catalogue ").append(catalogue.hash()).append(' ');
      text.append(catalogue.times()).append('\n');
    }
    for (Content file : files) {
      text.append("file ").append(file.name()).append(' ').append(file.bytes());
      text.append(' ').append(file.blocks()).append('\n');
    }
    text.append("sums ").append(sums).append('\n');
    return text + "check " + crc(text.toString().getBytes(StandardCharsets.UTF_8)) + "\n";
  }

  static String crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return "%08x".formatted((int) crc.getValue());
  }

  static IndexHeader read(Path index) {
    Path file = index.resolve(FILE);
    FileKind.refuseForeign(index, "a folder that ffc data index has made");
    if (!Files.exists(file)) {
      throw new BadDataException(
          index + ": no index in it (" + FILE + " is missing); build one with ffc data index");
    }
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new BadDataException(file + ": cannot be read: " + e.getMessage(), e);
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    String first = text.lines().findFirst().orElse("");
    if (!first.startsWith(MAGIC)) {
      throw new BadDataException(file + ": not an index: begins with \"" + brief(first) + "\"");
    }
    if (!first.equals(MAGIC + VERSION)) {
      throw new BadDataException(
          "%s: index version %s, wanted %d; build it again"
              .formatted(file, brief(first.substring(MAGIC.length())), VERSION));
    }
    int check = text.lastIndexOf("check ");
    String want = check < 0 ? "none" : text.substring(check + 6).strip();
    String got = crc(text.substring(0, Math.max(0, check)).getBytes(StandardCharsets.UTF_8));
    if (!got.equals(want)) {
      throw new BadDataException(
          "%s: header has checksum %s, expected %s; build the index again"
              .formatted(file, got, brief(want)));
    }
    try {
      IndexHeader header = parse(text.substring(0, check));
      if (header.isSound()) {
        return header;
      }
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      // said below
    }
    throw new BadDataException(file + ": damaged header; build the index again");
  }

  /** Whether the numbers can be, and formats and paths are some. */
  private boolean isSound() {
    boolean sound =
        identities > 0
            && images >= identities
            && images < Long.MAX_VALUE / Long.BYTES
            && (format.equals("synthetic") || !parts.isEmpty())
            && parts.size() <= Place.MAX_PARTS
            && DataFormats.known(format);
    for (Part part : parts) {
      // Labels with gaps may begin beyond the number of identities.
      sound &= part.base() >= 0;
      sound &= (part.relative() + part.absolute()).indexOf(0) < 0;
    }
    for (Content file : files) {
      long blocks = (file.bytes() + CheckedFile.BLOCK - 1) / CheckedFile.BLOCK;
      sound &= file.bytes() >= 0 && file.blocks() == blocks && file.name().indexOf(0) < 0;
    }
    return sound;
  }

  private static String brief(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  private static IndexHeader parse(String text) {
    String format = "";
    String stamp = "";
    String fingerprint = "";
    String spec = "";
    String sums = "";
    long identities = 0;
    long images = 0;
    Catalogue catalogue = Catalogue.UNKNOWN;
    List<Part> parts = new ArrayList<>();
    List<Content> files = new ArrayList<>();
    for (String line : text.lines().toList()) {
      int space = line.indexOf(' ');
      String value = line.substring(space + 1);
      switch (line.substring(0, space)) {
        case "format" -> format = value;
        case "identities" -> identities = Long.parseLong(value);
        case "images" -> images = Long.parseLong(value);
        case "stamp" -> stamp = value;
        case "fingerprint" -> fingerprint = value;
        case "spec" -> spec = value;
        case "sums" -> sums = value;
        case "catalogue" -> {
          int cut = value.indexOf(' ');
          catalogue = new Catalogue(value.substring(0, cut), value.substring(cut + 1));
        }
        case "part" -> {
          int cut = value.indexOf(' ');
          int tab = value.indexOf('\t');
          parts.add(
              new Part(
                  Long.parseLong(value.substring(0, cut)),
                  value.substring(cut + 1, tab),
                  value.substring(tab + 1)));
        }
        case "file" -> {
          String[] fields = value.split(" ", -1);
          files.add(new Content(fields[0], Long.parseLong(fields[1]), Integer.parseInt(fields[2])));
        }
        default -> {} // the first line
      }
    }
    return new IndexHeader(
        format, identities, images, stamp, fingerprint, spec, parts, catalogue, files, sums);
  }
}
