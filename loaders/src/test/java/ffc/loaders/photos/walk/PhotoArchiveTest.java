package ffc.loaders.photos.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.image.Fit;
import ffc.loaders.photos.PhotoImport;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Archives as people make them, as folders on disk, and archives that mean harm. */
class PhotoArchiveTest {
  @TempDir Path dir;
  private final Map<String, byte[]> photos = new LinkedHashMap<>();

  @BeforeEach
  void people() throws IOException {
    for (int i = 0; i < 9; i++) {
      photos.put(
          (i % 3 == 2 ? "family/Zoë Müller" : "person" + i % 3) + "/photo " + i + ".png",
          drawn(20 + i, i));
    }
  }

  private static byte[] drawn(int side, int seed) throws IOException {
    BufferedImage image = new BufferedImage(side, 24, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 24 * side; i++) {
      image.setRGB(i % side, i / side, (i * 7919 + seed * 104729) & 0xffffff);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  private static byte[] zip(Map<String, byte[]> files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(file.getKey()));
        zip.write(file.getValue());
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static byte[] tar(Map<String, byte[]> files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), true);
        entry.setSize(file.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(file.getValue());
        tar.closeArchiveEntry();
      }
      TarArchiveEntry link = new TarArchiveEntry("person0/link.png", TarConstants.LF_SYMLINK);
      link.setLinkName("/etc/passwd");
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
    }
    return bytes.toByteArray();
  }

  private static byte[] gz(byte[] file) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gz = new GZIPOutputStream(bytes)) {
      gz.write(file);
    }
    return bytes.toByteArray();
  }

  /** In another order than that of names. */
  private static Map<String, byte[]> shuffled(Map<String, byte[]> files, String below) {
    List<String> names = new java.util.ArrayList<>(files.keySet());
    Collections.shuffle(names, new Random(4));
    Map<String, byte[]> shuffled = new LinkedHashMap<>();
    names.forEach(name -> shuffled.put(below + name, files.get(name)));
    return shuffled;
  }

  private PhotoImport.Result run(Path source, String out) {
    return PhotoImport.run(
        new PhotoImport.Options(
            source, dir.resolve(out), new ImageShape(3, 16, 16), Fit.crop, null, 0, 1, 2),
        Progress.NONE);
  }

  private PhotoImport.Result run(byte[] archive, String name, String out) throws IOException {
    return run(Files.write(dir.resolve(name), archive), out);
  }

  /** As file managers make them: what they add is listed, and a stray file names no identity. */
  @Test
  void theFolderAroundAllOthersIsFoundBesideHiddenAndStrayFiles() throws IOException {
    run(zip(photos), "plain.zip", "plain");
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("__MACOSX/my photos/._.DS_Store", new byte[5]);
    files.put(".DS_Store", new byte[5]);
    files.put("my photos/.DS_Store", new byte[5]);
    files.put("my photos/all of us.png", drawn(30, 99));
    files.putAll(shuffled(photos, "my photos/"));
    run(zip(files), "mac.zip", "mac");
    for (String file : List.of("train.rec", "train.labels.tsv")) {
      assertThat(dir.resolve("mac").resolve(file))
          .hasSameBinaryContentAs(dir.resolve("plain").resolve(file));
    }
    assertThat(Files.readString(dir.resolve("mac/left-out.tsv")))
        .contains("__MACOSX\t", ".DS_Store\t", "all of us.png\t");
  }

  @Test
  void anArchiveGivesThePackOfItsFolder() throws IOException {
    Path folder = dir.resolve("folder");
    for (Map.Entry<String, byte[]> photo : photos.entrySet()) {
      Path file = folder.resolve(photo.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, photo.getValue());
    }
    run(folder, "of-folder");
    run(zip(shuffled(photos, "")), "a.zip", "of-zip");
    run(zip(shuffled(photos, "holiday/all/")), "b.zip", "of-wrapped");
    run(tar(shuffled(photos, "./")), "a.tar", "of-tar");
    run(gz(tar(shuffled(photos, ""))), "named-otherwise", "of-tar-gz");

    for (String out : List.of("of-zip", "of-wrapped", "of-tar", "of-tar-gz")) {
      for (String file : List.of("train.rec", "train.idx", "train.labels.tsv")) {
        assertThat(dir.resolve(out).resolve(file))
            .as(out)
            .hasSameBinaryContentAs(dir.resolve("of-folder").resolve(file));
      }
      try (Stream<Path> files = Files.list(dir.resolve(out))) {
        assertThat(files).as(out).hasSize(6);
      }
    }
    assertThat(dir.resolve("of-tar/left-out.tsv"))
        .content()
        .contains("person0/link.png\tlink of an archive\t");
  }

  @Test
  void hostileEntriesAreNamedAndTheOthersTaken() throws IOException {
    photos.put("../../evil/photo.png", drawn(30, 50));
    photos.put("/etc/evil/photo.png", drawn(30, 51));
    photos.put("C:\\evil\\photo.png", drawn(30, 52));
    photos.put("a/".repeat(90) + "photo.png", drawn(30, 53));
    photos.put("person1/\u0007bell\n.png", new byte[] {1, 2, 3});
    photos.put("person1/.hidden.png", drawn(30, 54));
    photos.put("alone.png", drawn(30, 55));
    photos.put("__MACOSX/person1/x.png", drawn(30, 56));
    byte[] zip = zip(photos);
    // The first picture's packed bytes are damaged.
    zip[30 + "person0/photo 0.png".length() + 60] ^= 0x11;

    PhotoImport.Result result = run(zip, "evil.zip", "pack");

    assertThat(result.images().values().stream().mapToLong(i -> i).sum()).isEqualTo(3);
    assertThat(Files.readAllLines(dir.resolve("pack/left-out.tsv")))
        .hasSize(1 + 9)
        .allMatch(line -> line.split("\t", -1).length == 3)
        .anyMatch(line -> line.startsWith("../../evil/photo.png\tnamed as if it lay outside"))
        .anyMatch(line -> line.startsWith("/etc/evil/photo.png\tnamed as if it lay outside"))
        .anyMatch(line -> line.startsWith("C:/evil/photo.png\tnamed as if it lay outside"))
        .anyMatch(line -> line.contains("lies in 90 folders inside each other, at most 63"))
        .anyMatch(line -> line.startsWith("person1/?bell?.png\tno picture"))
        .anyMatch(line -> line.startsWith("person1/.hidden.png\thidden"))
        .anyMatch(line -> line.startsWith("alone.png\toutside of an identity"))
        .anyMatch(line -> line.startsWith("__MACOSX\thidden"))
        .anyMatch(line -> line.startsWith("person0/photo 0.png\tcannot be read\t"));
    assertThat(dir.resolve("evil")).doesNotExist();
    assertThat(dir.getParent().resolve("evil")).doesNotExist();
  }

  /** An entry that says 4 GB is refused unread; one that unpacks to more than it says, soon. */
  @Test
  void hugeEntriesTakeNoMemory() throws IOException {
    byte[] zeros = new byte[1 << 26];
    zeros[0] = (byte) 0xff;
    zeros[1] = (byte) 0xd8;
    zeros[2] = (byte) 0xff;
    photos.put("person1/bomb.jpg", zeros);
    byte[] lies = zip(photos);
    int at = directoryEntry(lies, "person1/bomb.jpg");
    put(lies, at + 24, 1000);
    run(lies, "lies.zip", "lies");
    assertThat(dir.resolve("lies/left-out.tsv"))
        .content()
        .contains(
            "person1/bomb.jpg\tcannot be read\tdamaged: unpacks to more than the 1,000 bytes");

    byte[] huge = zip(photos);
    put(huge, directoryEntry(huge, "person1/bomb.jpg") + 24, 0xfffffff0);
    run(huge, "huge.zip", "huge");
    assertThat(dir.resolve("huge/left-out.tsv"))
        .content()
        .contains("person1/bomb.jpg\tcannot be read\thas 4,294,967,280 bytes, at most ");
  }

  private static int directoryEntry(byte[] zip, String name) {
    String text = new String(zip, StandardCharsets.ISO_8859_1);
    return text.lastIndexOf(name) - 46;
  }

  private static void put(byte[] bytes, int at, int value) {
    for (int i = 0; i < 4; i++) {
      bytes[at + i] = (byte) (value >> 8 * i);
    }
  }

  @Test
  void damagedArchivesAreOneLineAndLeaveNothing() throws IOException {
    byte[] zip = zip(photos);
    byte[] tar = tar(photos);
    byte[] gz = gz(tar);
    Map<String, byte[]> damaged =
        Map.of(
            "cut.zip", Arrays.copyOf(zip, zip.length / 2),
            "cut.tar", Arrays.copyOf(tar, 3000),
            "cut.tar.gz", Arrays.copyOf(gz, gz.length / 2),
            "zeros.tar.gz", gz(new byte[1 << 20]),
            "text.gz", gz("a text".getBytes(StandardCharsets.UTF_8)),
            "bomb.tar.gz", gz(new byte[(1 << 28) + (1 << 26)]));
    damaged.forEach(
        (name, bytes) -> {
          Path file = dir.resolve(name);
          assertThatThrownBy(() -> run(bytes, name, "none"))
              .as(name)
              .isInstanceOf(BadDataException.class)
              .hasMessageStartingWith(file + ": cannot be read as an archive: ")
              .hasMessageNotContaining("\n")
              .hasMessageContaining(name.startsWith("bomb") ? "200 times its size" : "");
          assertThat(dir.resolve("none")).as(name).doesNotExist();
        });
    assertThatThrownBy(() -> run(new byte[] {1, 2}, "none.zip", "none"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            "none.zip: is a file, wanted a folder, or an archive: zip, tar, tar.gz");
  }

  /** Whatever is damaged, the walk ends and says so in one line, of the archive or of the entry. */
  @Test
  @Timeout(120)
  void changedBytesNeverDoMore() throws IOException {
    List<byte[]> sound = List.of(zip(photos), tar(photos), gz(tar(photos)));
    Random random = new Random(21);
    int walked = 0;
    for (int i = 0; i < 1500; i++) {
      byte[] bad = sound.get(i % 3).clone();
      for (int edits = random.nextInt(6); edits >= 0; edits--) {
        int at = random.nextInt(4) == 0 ? random.nextInt(bad.length) : headers(bad, random);
        bad[at] =
            (byte) (random.nextBoolean() ? random.nextInt(256) : bad[at] ^ 1 << random.nextInt(8));
      }
      Path file = Files.write(dir.resolve("bad"), bad);
      try (PhotoSource source = PhotoSource.open(file, dir)) {
        source.walk(
            new PhotoSource.Visitor() {
              @Override
              public void file(String identity, String path, PhotoSource.Bytes bytes) {
                try {
                  assertThat(bytes.head(16)).hasSizeLessThanOrEqualTo(16);
                  if (bytes.size() < 1 << 20) {
                    bytes.all();
                  }
                } catch (IOException e) {
                  assertThat(e.getMessage()).isNotBlank();
                }
              }

              @Override
              public void leftOut(String path, Reason reason, String more) {}
            });
        walked++;
      } catch (BadDataException e) {
        assertThat(e.getMessage()).startsWith(file + ": cannot be read as an archive: ");
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage()).startsWith(file + ": is a file, wanted");
      } catch (RuntimeException e) {
        fail("case " + i, e);
      }
    }
    assertThat(walked).isBetween(100, 1400);
    try (Stream<Path> files = Files.list(dir)) {
      assertThat(files).containsExactly(dir.resolve("bad"));
    }
  }

  /** Where the archive tells about its entries: the beginnings and, of a zip, the end. */
  private static int headers(byte[] archive, Random random) {
    return random.nextBoolean()
        ? random.nextInt(Math.min(600, archive.length))
        : archive.length - 1 - random.nextInt(Math.min(900, archive.length));
  }
}
