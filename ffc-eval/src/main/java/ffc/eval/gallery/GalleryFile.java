package ffc.eval.gallery;

import ffc.eval.embedding.FileEmbeddings;
import ffc.formats.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Embeddings of a gallery on disk, a pair of files named {@code SOURCE-NETWORK-CONTENT}:
 *
 * <pre>
 * .npy   f32 [images, dim], unit rows
 * .keys  "ffcgal 1"                  magic
 *        i64                         images
 *        i64                         CRC-32C of the .npy file, all of it
 *        16 bytes each               keys of the images ({@link ImageKeys})
 *        i64                         CRC-32C of all before
 * </pre>
 *
 * Numbers are big-endian. Both are written aside, forced to the disk and renamed, the keys last;
 * without them, or where a checksum differs, the pair counts as absent.
 *
 * @param source what was embedded, 12 hexadecimal digits
 * @param network of the network that did it, 16
 * @param content of the images in their order, 32
 */
record GalleryFile(Path folder, String source, String network, String content) {
  private static final byte[] MAGIC = "ffcgal 1".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern NAME =
      Pattern.compile("([0-9a-f]{12})-([0-9a-f]{16})-([0-9a-f]{32})\\.keys");

  /** After so long nobody writes it any more: the process was killed. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  Path rows() {
    return folder.resolve(source + "-" + network + "-" + content + ".npy");
  }

  private Path keys() {
    return folder.resolve(source + "-" + network + "-" + content + ".keys");
  }

  /** All that a network has embedded in a folder, the newest first. */
  static List<GalleryFile> of(Path folder, String network) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.sorted(Comparator.comparing(GalleryFile::changed).reversed()).toList();
    }
    List<GalleryFile> found = new ArrayList<>();
    for (Path file : files) {
      var name = NAME.matcher(file.getFileName().toString());
      if (name.matches() && name.group(2).equals(network)) {
        found.add(new GalleryFile(folder, name.group(1), network, name.group(3)));
      }
    }
    return found;
  }

  private static FileTime changed(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  /** Keys and rows; empty if either is missing or damaged. */
  Optional<Stored> read(int dim) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(keys()));
      if (bytes.remaining() < 32 || !ByteBuffer.wrap(MAGIC).equals(bytes.slice(0, MAGIC.length))) {
        return Optional.empty();
      }
      long images = bytes.getLong(8);
      if (bytes.remaining() != 32 + 16 * images
          || bytes.getLong(bytes.limit() - 8) != sum(bytes.slice(0, bytes.limit() - 8))
          || bytes.getLong(16) != sum(rows())) {
        return Optional.empty();
      }
      bytes.position(24);
      ImageKeys keys = new ImageKeys(new long[(int) images], new long[(int) images]);
      for (int image = 0; image < images; image++) {
        keys.first()[image] = bytes.getLong();
        keys.second()[image] = bytes.getLong();
      }
      FileEmbeddings rows = FileEmbeddings.ofUnitRows(rows(), new long[(int) images]);
      return rows.dim() == dim && keys.content().equals(content)
          ? Optional.of(new Stored(keys, rows))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** What a pair of files holds. */
  record Stored(ImageKeys keys, FileEmbeddings rows) {}

  /**
   * Puts both files in their place.
   *
   * @param written rows, in the same folder and forced to the disk; moved
   */
  void commit(Path written, ImageKeys keys) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(32 + 16 * keys.images());
    bytes.put(MAGIC).putLong(keys.images()).putLong(sum(written));
    for (int image = 0; image < keys.images(); image++) {
      bytes.putLong(keys.first()[image]).putLong(keys.second()[image]);
    }
    bytes.putLong(sum(bytes.slice(0, bytes.position())));
    Files.move(written, rows(), StandardCopyOption.ATOMIC_MOVE);
    WholeFile.write(keys(), bytes.array());
  }

  /** Removes what this pair replaces, and what killed processes have left. */
  void removeOlder() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString();
      boolean older = name.startsWith(source + "-" + network + "-") && !name.contains(content);
      boolean left =
          name.startsWith(".")
              && name.matches(".*\\.(npy\\.[0-9]+(\\.writing)?|keys\\.writing)")
              && changed(file).toInstant().isBefore(Instant.now().minus(ABANDONED));
      if (older && name.matches(".*\\.(npy|keys)") || left) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static long sum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return crc.getValue();
  }

  private static long sum(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      while (in.read(piece.clear()) >= 0) {
        crc.update(piece.flip());
      }
    }
    return crc.getValue();
  }
}
