package ffc.loaders.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.format.DataFormats;
import ffc.loaders.index.DatasetIndex;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.source.TestPacks;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarSourceTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path dir;

  private static byte[] png(int seed) {
    return TestPacks.png(seed, 4, 3);
  }

  private static DataConfig.Source source(Path... paths) {
    return new DataConfig.Source(
        "webdataset", Arrays.stream(paths).map(Path::toString).toList(), DataConfig.Labels.dense);
  }

  private static DataConfig.Source compact(Path path) {
    return new DataConfig.Source("webdataset", List.of(path.toString()), DataConfig.Labels.compact);
  }

  private static void assertImages(Dataset set, int... seeds) {
    assertThat(set.images()).isEqualTo(seeds.length);
    for (int image = 0; image < seeds.length; image++) {
      ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
      set.decode(image, SHAPE, out, 0);
      assertThat(out.array()).as("image " + image).isEqualTo(TestPacks.pixels(seeds[image], 4, 3));
    }
  }

  private Path tar(String name, Consumer<TestTars> content) {
    Path file = dir.resolve(name);
    try (TestTars tar = new TestTars(file)) {
      content.accept(tar);
    }
    return file;
  }

  @Test
  void labelsAreNumbersInTextOrFieldsOfJson() {
    Path file =
        tar(
            "a.tar",
            t ->
                t.add("a/0.png", png(0))
                    .add("a/0.cls", "1")
                    .add("1.txt", " 0\n")
                    .add("1.PNG", png(1))
                    .add("b.c/2.json", "{\"x\": {\"label\": 7}, \"label\": 2, \"y\": [1]}")
                    .add("b.c/2.png", png(2))
                    .add("3.txt", "a glyph beside others")
                    .add("3.json", "{\"label\": \"1\"}")
                    .add("3.png", png(3))
                    .add("4.json", "{\"caption\": \"no label\"}")
                    .add("4.png", png(4))
                    .add("4.cls", "0"));
    try (Dataset set = DataSets.open(source(file))) {
      assertThat(set.identities()).isEqualTo(3);
      assertImages(set, 1, 4, 0, 3, 2);
      assertThat(set.describe(2)).isEqualTo(file + " a/0.png (offset 0)");
      assertThat(set.identityName(2)).isEqualTo("2");
      assertThat(set.notes()).isEmpty();
    }
  }

  @Test
  void longNamesOfBothKindsAreRead() {
    String folder = "a-folder-with-a-long-name/".repeat(12);
    for (int kind :
        new int[] {TarArchiveOutputStream.LONGFILE_POSIX, TarArchiveOutputStream.LONGFILE_GNU}) {
      Path file = dir.resolve("long" + kind + ".tar");
      try (TestTars tar = new TestTars(file, kind)) {
        for (int i = 0; i < 4; i++) {
          tar.sample(folder + "0123456789é".repeat(3) + i, i / 2, png(i));
        }
      }
      try (Dataset set = DataSets.open(source(file))) {
        assertImages(set, 0, 1, 2, 3);
        assertThat(set.describe(3)).contains(folder).contains("é3.png");
      }
    }
  }

  @Test
  void paxHeadersThatSayOtherThingsArePassedOver() {
    Path file = tar("p.tar", t -> t.pax("0.png", "mtime", "1.5", png(0)).add("0.cls", "0"));
    try (Dataset set = DataSets.open(source(file))) {
      assertImages(set, 0);
    }
  }

  @Test
  void shardsShareTheirLabels() throws Exception {
    Files.createDirectory(dir.resolve("shards"));
    for (int s = 8; s < 12; s++) {
      int shard = s;
      tar(
          "shards/%05d.tar".formatted(s),
          t -> t.sample("a", 0, png(2 * shard)).sample("b", shard - 7, png(2 * shard + 1)));
    }
    int[] seeds = {16, 18, 20, 22, 17, 19, 21, 23};
    Path folder = dir.resolve("shards");
    for (Path path : List.of(folder, folder.resolve("{00008..00011}.tar"))) {
      try (Dataset set = DataSets.open(source(path))) {
        assertThat(set.identities()).isEqualTo(5);
        assertImages(set, seeds);
      }
      assertThat(DataFormats.at(path.toString()).name()).isEqualTo("webdataset");
      assertThat(DataFormats.files(source(path))).hasSize(4).allMatch(Files::exists);
    }
    try (Dataset set =
        DataSets.open(
            source(folder.resolve("{00010..00011}.tar"), folder.resolve("0000{8..9}.tar")))) {
      assertThat(set.images()).isEqualTo(8);
    } catch (BadDataException e) {
      throw new AssertionError(e);
    }
    assertThatThrownBy(() -> DataSets.open(source(folder.resolve("{00008..00012}.tar"))).close())
        .hasMessage(folder.resolve("00012.tar") + ": no such file");
    assertThatThrownBy(() -> DataSets.open(source(folder.resolve("{9..8}.tar"))).close())
        .hasMessageContaining("{9..8} stands for 0 tars, wanted 1 to 32768");
  }

  @Test
  void labelsWithGapsAreNumberedAnew() {
    Path file =
        tar("g.tar", t -> t.sample("0", 70, png(0)).sample("1", 7, png(1)).sample("2", 70, png(2)));
    assertThatThrownBy(() -> DataSets.open(source(file)).close())
        .hasMessageContaining("identity 0 of 71 has no image")
        .hasMessageContaining("--labels compact");
    try (Dataset set = DataSets.open(compact(file))) {
      assertImages(set, 1, 0, 2);
      assertThat(set.identityName(0)).isEqualTo("7");
      assertThat(set.identityName(1)).isEqualTo("70");
    }
    IndexBuilder.build(compact(file), dir.resolve("index"), 10, Progress.NONE);
    try (Dataset set = DatasetIndex.open(dir.resolve("index"), 0)) {
      assertThat(set.identityName(1)).isEqualTo("70");
    }
  }

  @Test
  void whatIsNoPartOfASampleIsLeftOutAndCounted() {
    Path file =
        tar(
            "n.tar",
            t ->
                t.special("a/", TarConstants.LF_DIR)
                    .add("README", "x")
                    .add("about.txt", "Pictures of glyphs")
                    .add("meta.json", "{}")
                    .add("a/._0.png", "x")
                    .sample("a/0", 0, png(0))
                    .add("a/0.seg.png", "mask")
                    .special("a/1.png", TarConstants.LF_SYMLINK)
                    .special("a/null", TarConstants.LF_CHR)
                    .sample("a/2", 0, png(2)));
    try (Dataset set = DataSets.open(source(file))) {
      assertImages(set, 0, 2);
      assertThat(set.notes())
          .containsExactly(
              file
                  + ": left out 1 .json without an image, 1 .seg.png, 1 .txt without an image,"
                  + " 1 device or other, 1 hidden (name begins with a dot), 1 link, 1 without an"
                  + " ending; read are .jpg, .jpeg, .png, .bmp, .webp, .gif, .tif and .tiff with .cls, .json or .txt");
    }
  }

  /** Each of these ends an opening in one line that says where and what. */
  @Test
  void badTarsAreRefusedInOneLine() throws Exception {
    byte[] image = png(0);
    refused(t -> t.add("0.png", image), "sample 0 (offset 0): no label beside its image");
    refused(t -> t.add("0.cls", "1"), "sample 0 (offset 0): no image beside its .cls");
    refused(
        t -> t.add("0.png", image).add("1.png", image).add("0.cls", "0").add("1.cls", "0"),
        "sample 0 (offset 0): no label beside its image, wanted .cls",
        "must follow each other (tar --sort=name)");
    refused(
        t -> t.add("0.png", image).add("0.jpg", image).add("0.cls", "0"),
        "0.jpg (offset 1024): a second image of its sample, beside 0.png");
    refused(
        t -> t.add("0.png", image).add("0.cls", "0").add("0.cls", "1"),
        "0.cls (offset 2048): a second .cls of its sample");
    refused(
        t -> t.add("0.png", image).add("0.cls", "n014\n40"),
        "0.cls (offset 1024): label is \"n014 40\", wanted a number 0, 1, 2, …");
    refused(t -> t.add("0.png", image).add("0.cls", "-1"), "label is \"-1\"");
    refused(t -> t.add("0.png", image).add("0.json", "{\"label\": [1]}"), "label is \"[\"");
    refused(t -> t.add("0.png", image).add("0.json", "{\"label\": 1.5}"), "label is \"1.5\"");
    refused(t -> t.add("0.png", image).add("0.json", "{\"a\": "), "0.json", "is no JSON: ");
    refused(t -> t.add("0.png", image).add("0.json", "[3]"), "wanted a JSON object");
    refused(
        t -> t.add("0.avif", "ftyp").add("0.cls", "0"),
        "0.avif is not read, wanted .jpg, .jpeg, .png, .bmp, .webp, .gif, .tif or .tiff: convert it");
    refused(t -> t.add("anna/0.png", image).add("anna/1.png", image), "no label beside its image");
    refused(
        t -> t.add("README", "x"), "no sample in it, wanted files such as", "./ffc data import");
    refused(
        t -> t.pax("0.png", "GNU.sparse.name", "x", image),
        "(offset 0): file with holes (sparse), which is not read");
  }

  private void refused(Consumer<TestTars> content, String... parts) {
    Path file = tar("bad.tar", content);
    assertThatThrownBy(() -> DataSets.open(source(file)).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageNotContaining("\n")
        .satisfies(e -> assertThat(e.getMessage()).contains(parts));
  }

  @Test
  void cutJoinedAndPackedTarsAreRefused() throws Exception {
    Path file = tar("w.tar", t -> t.sample("0", 0, png(0)).sample("1", 0, png(1)));
    byte[] whole = Files.readAllBytes(file);
    refused(Arrays.copyOf(whole, 1124), "ends within a header");
    refused(Arrays.copyOf(whole, 4 * 512), "no tar", "ends without the zeros that end a tar");
    refused(Arrays.copyOf(whole, 4 * 512 + 515), "ends within an entry of");
    byte[] joined = Arrays.copyOf(whole, 2 * whole.length);
    System.arraycopy(whole, 0, joined, whole.length, whole.length);
    refused(joined, "(offset 4096): more follows its end");
    byte[] damaged = whole.clone();
    damaged[3] ^= 1;
    refused(damaged, "header has checksum");
    Path packed = dir.resolve("w.tar.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(whole);
    }
    assertThat(DataFormats.at(packed.toString()).name()).isEqualTo("webdataset");
    assertThatThrownBy(() -> DataSets.open(source(packed)).close())
        .hasMessage(
            packed
                + ": is a gzip archive, wanted data of format webdataset; a packed tar cannot be read"
                + " in place: unpack it by gunzip, or make a pack of folders in it by ./ffc data"
                + " import");
    assertThatThrownBy(
            () -> DataSets.open(new DataConfig.Source("recordio", file.toString())).close())
        .hasMessageContaining("is a tar archive, wanted data of format recordio; tars of samples")
        .hasMessageContaining("have the format webdataset");
  }

  private void refused(byte[] bytes, String... anyOf) throws Exception {
    Path file = Files.write(dir.resolve("bad.tar"), bytes);
    assertThatThrownBy(() -> DataSets.open(source(file)).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageStartingWith(file.toString())
        .satisfies(e -> assertThat(anyOf).anyMatch(part -> e.getMessage().contains(part)));
  }

  @Test
  void anIndexNoticesLabelsThatChangedInPlace() throws Exception {
    Path file = tar("i.tar", t -> t.sample("0", 0, png(0)).sample("1", 1, png(1)));
    Path index = dir.resolve("index");
    IndexBuilder.build(source(file), index, 10, Progress.NONE);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
    DatasetIndex.open(index, 0).close(); // the same, only touched
    byte[] bytes = Files.readAllBytes(file);
    assertThat((char) bytes[3 * 512]).isEqualTo('0');
    tar("i.tar", t -> t.sample("0", 1, png(0)).sample("1", 0, png(1)));
    Files.setLastModifiedTime(file, FileTime.fromMillis(2_000_000));
    assertThat(Files.size(file)).isEqualTo(bytes.length);
    assertThatThrownBy(() -> DatasetIndex.open(index, 0).close())
        .hasMessage(
            index
                + ": the source "
                + file
                + " changed since it was indexed; build the index again");
    tar("i.tar", t -> t.sample("0", 0, new byte[2000]));
    assertThatThrownBy(() -> DatasetIndex.open(index, 0).close())
        .hasMessage(
            index
                + ": the source "
                + file
                + " changed since it was indexed; build the index again");
  }

  @Test
  void anImageThatIsGoneFromItsPlaceIsNoticed() throws Exception {
    Path file = tar("r.tar", t -> t.sample("0", 0, png(0)).sample("1", 0, png(1)));
    try (Dataset set = DataSets.open(source(file))) {
      byte[] bytes = Files.readAllBytes(file);
      bytes[2048] ^= 1;
      Files.write(file, bytes);
      ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
      set.decode(0, SHAPE, out, 0);
      assertThatThrownBy(() -> set.decode(1, SHAPE, out, 0))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("(offset 2048): header has checksum");
    }
  }
}
