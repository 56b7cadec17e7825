package ffc.loaders.source;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.data.Resize;
import ffc.loaders.image.Fit;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.photos.PhotoReader;
import ffc.loaders.tools.DataVerify;
import ffc.loaders.tools.Relabel;
import ffc.loaders.tools.Unpack;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lmdbjava.EnvFlags;

/** Pictures of all formats that an import reads, in the sets that training reads in place. */
class PhotographsTest {
  private static final Path PHOTOS = Path.of("src", "test", "resources", "photos");
  private static final List<String> NAMES =
      List.of(
          "bmp-rgb.bmp",
          "gif-palette.gif",
          "jpeg-cmyk.jpg",
          "jpeg-turned6.jpg",
          "jpeg-wide.jpg",
          "png-turned6.png",
          "tiff-turned7.tif",
          "webp-lossy.webp",
          "webp-turned8.webp");
  private static final ImageShape SHAPE = new ImageShape(3, 24, 20);

  @TempDir Path dir;
  private final List<byte[]> files = new ArrayList<>();

  @BeforeEach
  void read() throws IOException {
    for (String name : NAMES) {
      files.add(Files.readAllBytes(PHOTOS.resolve(name)));
    }
  }

  /** Each as the picture itself is. */
  private void assertSeen(String format, Object path) throws IOException {
    try (Dataset set = DataSets.open(new DataConfig.Source(format, path.toString()))) {
      assertThat(set.images()).isEqualTo(NAMES.size());
      ByteBuffer got = ByteBuffer.allocate(SHAPE.bytes());
      ByteBuffer want = ByteBuffer.allocate(SHAPE.bytes());
      for (int i = 0; i < NAMES.size(); i++) {
        set.decode(i, SHAPE.resized(Resize.pad), got, 0);
        String name = NAMES.get(number(set, i));
        PhotoReader.read(PHOTOS.resolve(name), Fit.pad, SHAPE, want, 0);
        assertThat(got.array()).as(format + " " + name).isEqualTo(want.array());
      }
    }
    DataVerify.Report report =
        DataVerify.run(new DataConfig.Source(format, path.toString()), null, 1, Progress.NONE);
    assertThat(report.sound()).as(format).isTrue();
  }

  /** Environments are walked in an order of their own. */
  private static int number(Dataset set, int image) {
    Matcher key = Pattern.compile("key \"0(\\d)\"").matcher(set.describe(image));
    return key.find() ? Integer.parseInt(key.group(1)) : image;
  }

  private Path folder() throws IOException {
    Path folder = dir.resolve("folder");
    for (int i = 0; i < NAMES.size(); i++) {
      Path file = folder.resolve("id").resolve(NAMES.get(i));
      Files.createDirectories(file.getParent());
      Files.write(file, files.get(i));
    }
    return folder;
  }

  @Test
  void foldersAndTheirIndexGiveThem() throws IOException {
    assertSeen("folder", folder());
    Path index = dir.resolve("index");
    IndexBuilder.build(
        new DataConfig.Source("folder", folder().toString()), index, 4, Progress.NONE);
    assertSeen("index", index);
  }

  @Test
  void tarsOfSamplesGiveThem() throws IOException {
    Path file = dir.resolve("a.tar");
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < NAMES.size(); i++) {
        String ending = NAMES.get(i).replaceAll(".*(?=\\.)", "");
        put(tar, i + ending, files.get(i));
        put(tar, i + ".cls", "0".getBytes(StandardCharsets.US_ASCII));
      }
    }
    assertSeen("webdataset", file);
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  @Test
  void listsGiveThem() throws IOException {
    Path list = dir.resolve("list.tsv");
    Files.write(list, NAMES.stream().map(n -> "0\t" + PHOTOS.resolve(n).toAbsolutePath()).toList());
    assertSeen("manifest", list);
  }

  @Test
  void packsGiveThemAndAreUnpackedWithTheirEndings() throws IOException {
    Path rec = dir.resolve("train.rec");
    try (Dataset set = DataSets.open(new DataConfig.Source("folder", folder().toString()))) {
      Relabel.run(set, new long[NAMES.size()], rec, Progress.NONE);
    }
    assertSeen("recordio", rec);
    Path unpacked = dir.resolve("unpacked");
    try (Dataset set = DataSets.open(new DataConfig.Source("recordio", rec.toString()))) {
      Unpack.run(set, unpacked, Progress.NONE);
    }
    for (int i = 0; i < NAMES.size(); i++) {
      assertThat(unpacked.resolve("id_0/0_" + i + NAMES.get(i).replaceAll(".*(?=\\.)", "")))
          .hasBinaryContent(files.get(i));
    }
    assertSeen("folder", unpacked);
  }

  @Test
  void environmentsGiveThemInAMessageAndBare() throws Exception {
    List<TestLmdb.Entry> entries =
        IntStream.range(0, NAMES.size())
            .mapToObj(i -> new TestLmdb.Entry("0" + i, 0, files.get(i)))
            .toList();
    for (boolean bare : new boolean[] {true, false}) {
      Path file = dir.resolve(bare + ".mdb");
      TestLmdb.write(file, entries, bare ? v -> v : TestLmdb::datum, EnvFlags.MDB_NOSUBDIR);
      assertSeen("lmdb", file);
    }
  }
}
