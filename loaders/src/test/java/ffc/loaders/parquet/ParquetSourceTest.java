package ffc.loaders.parquet;

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
import ffc.loaders.table.Source;
import io.airlift.compress.snappy.SnappyCompressor;
import io.airlift.compress.zstd.ZstdCompressor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.parquet.format.CompressionCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that another program wrote: {@code bench/parquet_fixtures.py}. */
class ParquetSourceTest {
  static final Path FILES = Path.of("src/test/resources/parquet");
  private static final int IMAGES = 24;
  private static final int EACH = 4;
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path dir;

  private static Path file(String name) {
    return FILES.resolve(name + ".parquet");
  }

  private static DataConfig.Source source(Object path) {
    return new DataConfig.Source("parquet", path.toString());
  }

  private static DataConfig.Source compact(Path path) {
    return new DataConfig.Source("parquet", List.of(path.toString()), DataConfig.Labels.compact);
  }

  /** The picture that lies in a row. */
  private static int picture(int row) {
    return row * 7 % IMAGES;
  }

  /** Pictures of an identity, in the order of their rows. */
  private static int[] pictures(int label, int... rowsLeftOut) {
    return IntStream.range(0, IMAGES)
        .filter(row -> picture(row) / EACH == label)
        .filter(row -> Arrays.stream(rowsLeftOut).noneMatch(out -> out == row))
        .map(ParquetSourceTest::picture)
        .toArray();
  }

  /** Compares all pixels, in an order of images that changes pages and groups. */
  private static void assertPictures(Dataset set, int... pictures) {
    assertThat(set.images()).isEqualTo(pictures.length);
    for (int i = 0; i < 2 * pictures.length; i++) {
      int image = i * 5 % pictures.length;
      ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
      set.decode(image, SHAPE, out, 0);
      assertThat(out.array())
          .as("image " + image)
          .isEqualTo(TestPacks.pixels(pictures[image], 4, 3));
    }
  }

  private static void assertAll(Dataset set) {
    assertThat(set.identities()).isEqualTo(6);
    assertPictures(set, IntStream.range(0, 6).flatMap(id -> Arrays.stream(pictures(id))).toArray());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hugging-face",
        "none",
        "gzip",
        "zstd",
        "lz4",
        "pages",
        "pages-unpacked",
        "pages-2",
        "pages-2-unpacked",
        "dictionary",
        "required",
        "deltas",
        "numbers-in-text"
      })
  void allCodecsEncodingsAndPagesGiveTheSamePictures(String name) {
    try (Dataset set = DataSets.open(source(file(name)))) {
      assertAll(set);
      assertThat(set.identityName(3)).isEqualTo("3");
      assertThat(set.describe(0)).isEqualTo(file(name) + " row 0");
      assertThat(set.describe(1)).isEqualTo(file(name) + " row 7");
      assertThat(set.notes()).isEmpty();
    }
    IndexBuilder.build(source(file(name)), dir.resolve("index"), 10, Progress.NONE);
    try (Dataset set = DatasetIndex.open(dir.resolve("index"), 0)) {
      assertAll(set);
      assertThat(set.identityName(5)).isEqualTo("5");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"texts", "delta-strings"})
  void identitiesMayBeNamedByTexts(String name) {
    try (Dataset set = DataSets.open(source(file(name)))) {
      assertThat(set.identities()).isEqualTo(6);
      assertThat(set.images()).isEqualTo(24);
      List<String> names = new ArrayList<>();
      for (int identity = 0; identity < 6; identity++) {
        String text = set.identityName(identity);
        names.add(text);
        int label = text.charAt(text.length() - 1) - '0';
        int[] pictures = pictures(label);
        for (int i = 0; i < EACH; i++) {
          ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
          set.decode(set.firstImage(identity) + i, SHAPE, out, 0);
          assertThat(out.array()).isEqualTo(TestPacks.pixels(pictures[i], 4, 3));
        }
      }
      assertThat(names)
          .containsExactlyInAnyOrder(
              "glyph é0", "glyph é1", "glyph é2", "glyph é3", "glyph é4", "glyph é5");
    }
  }

  @Test
  void filesOfAFolderAreOneSet() throws IOException {
    Path folder = FILES.resolve("parts");
    for (Path path : List.of(folder, folder.resolve("train-*.parquet"))) {
      assertThat(DataFormats.at(path.toString()).name()).isEqualTo("parquet");
      assertThat(DataFormats.files(source(path))).hasSize(3).allMatch(Files::exists);
      try (Dataset set = DataSets.open(source(path))) {
        assertAll(set);
        assertThat(set.describe(1)).isEqualTo(folder + "/train-00000-of-00003.parquet row 7");
      }
    }
    Path copy = Files.createDirectory(dir.resolve("copy"));
    for (String name : List.of("train-00000-of-00003", "train-00001-of-00003")) {
      Files.copy(file("parts/" + name), copy.resolve(name + ".parquet"));
    }
    assertThatThrownBy(() -> DataSets.open(source(copy)).close())
        .hasMessage(copy + ": 2 files of train, which has 3 by their names");
    Files.copy(file("none"), copy.resolve("test-00000-of-00001.parquet"));
    assertThatThrownBy(() -> DataSets.open(source(copy)).close())
        .hasMessage(
            "%s: holds files of test, train; name one of these sets, as in %s/test-*.parquet"
                .formatted(copy, copy));
    try (Dataset set = DataSets.open(source(copy.resolve("test-*.parquet")))) {
      assertAll(set);
    }
    assertThatThrownBy(() -> DataSets.open(source(copy.resolve("valid-*.parquet"))).close())
        .hasMessage(copy.resolve("valid-*.parquet") + ": no .parquet there");
  }

  @Test
  void columnsAreNamedBehindThePath() {
    Path choice = file("choice");
    assertThatThrownBy(() -> DataSets.open(source(choice)).close())
        .hasMessage(
            choice
                + ": 2 columns of bytes, which images would be; say which behind the path,"
                + " choice.parquet:IMAGE:LABEL; there are photo.bytes (bytes), photo.path (text),"
                + " mask (bytes), who (text), id (number), box.list.element (list)");
    for (String columns : List.of("photo.bytes:who", "photo:who", "mask:who")) {
      DataConfig.Source named = source(choice + ":" + columns);
      assertThat(DataFormats.at(named.text()).name()).isEqualTo("parquet");
      try (Dataset set = DataSets.open(named)) {
        assertThat(set.identities()).isEqualTo(6);
        assertThat(set.images()).isEqualTo(24);
      }
    }
    try (Dataset set = DataSets.open(source(choice + ":mask:id"))) {
      assertPictures(set, IntStream.range(0, IMAGES).map(ParquetSourceTest::picture).toArray());
    }
    Path index = dir.resolve("index");
    IndexBuilder.build(source(choice + ":mask:id"), index, 10, Progress.NONE);
    try (Dataset set = DatasetIndex.open(index, 0)) {
      assertThat(set.identities()).isEqualTo(24);
    }
    assertThatThrownBy(() -> DataSets.open(source(choice + ":mask:whom")).close())
        .hasMessageStartingWith(choice + ": no column whom; there are photo.bytes (bytes), ");
    assertThatThrownBy(() -> DataSets.open(source(choice + ":mask:box.list.element")).close())
        .hasMessage(
            choice + ": column box.list.element (list), wanted one of bytes or text or number");
    assertThatThrownBy(() -> DataSets.open(source(choice + ":id:who")).close())
        .hasMessage(choice + ": column id (number), wanted one of bytes or text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"null-images", "null-images-2", "no-statistics"})
  void rowsWithoutAnImageAreLeftOutAndCounted(String name) {
    try (Dataset set = DataSets.open(source(file(name)))) {
      assertPictures(
          set, IntStream.range(0, 6).flatMap(id -> Arrays.stream(pictures(id, 3, 20))).toArray());
      assertThat(set.notes())
          .containsExactly(file(name) + ": left out 2 rows without an image (null)");
    }
  }

  @Test
  void labelsWithGapsAreNumberedAnew() {
    assertThatThrownBy(() -> DataSets.open(source(file("gaps"))).close())
        .hasMessageContaining("identity 0 of 58 has no image")
        .hasMessageContaining("--labels compact");
    try (Dataset set = DataSets.open(compact(file("gaps")))) {
      assertAll(set);
      assertThat(set.identityName(0)).isEqualTo("7");
      assertThat(set.identityName(5)).isEqualTo("57");
    }
    IndexBuilder.build(compact(file("gaps")), dir.resolve("index"), 10, Progress.NONE);
    try (Dataset set = DatasetIndex.open(dir.resolve("index"), 0)) {
      assertThat(set.identityName(5)).isEqualTo("57");
    }
    try (Dataset set = DataSets.open(compact(file("texts")))) {
      assertThat(set.identities()).isEqualTo(6);
      assertThat(set.identityName(5)).startsWith("glyph é");
    }
  }

  /** Each of these ends an opening in one line that says where and what. */
  @Test
  void whatIsNotReadIsRefusedInOneLine() throws IOException {
    refused("refused-null-label", " row 13: label: no label (null); rows without one must go");
    refused("refused-below-zero", " row 0: label: label is -1, wanted a number 0, 1, 2, …");
    refused("refused-brotli", ": column jpg is packed by BROTLI, which is not read: snappy, gzip,");
    refused("refused-split", "values are encoded by BYTE_STREAM_SPLIT, which is not read");
    refused(
        "refused-no-image",
        ": no column of bytes, which images would be; it has label (number), who (text)");
    refused(
        "refused-no-label",
        ": no column of numbers or texts and none called label, for the labels; it has "
            + "jpg (bytes), score (other)");
    refused("refused-empty", ": no image in it");
    byte[] whole = Files.readAllBytes(file("hugging-face"));
    refused(Arrays.copyOf(whole, 3000), ": does not end as Parquet files do: it was cut");
    refused(Arrays.copyOf(whole, 2), ": is no Parquet file: does not begin with PAR1");
    refused(new byte[0], ": is no Parquet file: does not begin with PAR1");
    refused("id,path\n1,a.jpg\n".getBytes(StandardCharsets.UTF_8), ": is no Parquet file");
    refused(replaced(whole, "PAR1", "PARE"), ": is encrypted");
    byte[] footer = whole.clone();
    Arrays.fill(footer, whole.length - 300, whole.length - 200, (byte) 0x7b);
    refused(footer, "footer", "damaged");
    refused(TestPacks.png(0, 4, 3), ": is a PNG image, wanted data of format parquet");
    assertThatThrownBy(() -> DataSets.open(source(dir.resolve("none.parquet"))).close())
        .hasMessage(dir.resolve("none.parquet") + ": no such file");
    assertThatThrownBy(
            () -> DataSets.open(new DataConfig.Source("recordio", file("none").toString())).close())
        .hasMessage(
            file("none")
                + ": is a Parquet file, wanted data of format recordio; Parquet files of images and"
                + " labels have the format parquet");
    assertThatThrownBy(() -> DataSets.open(source(file("none") + "," + file("texts"))).close())
        .hasMessage(
            "%s: labels are who (text), in %s they are label (number)"
                .formatted(file("texts"), file("none")));
  }

  private static byte[] replaced(byte[] bytes, String from, String to) {
    return latin(bytes).replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void refused(String name, String... parts) {
    refused(file(name), parts);
  }

  private void refused(byte[] bytes, String... parts) throws IOException {
    refused(Files.write(dir.resolve("bad.parquet"), bytes), parts);
  }

  private static void refused(Path file, String... parts) {
    assertThatThrownBy(() -> DataSets.open(source(file)).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageNotContaining("\n")
        .satisfies(e -> assertThat(e.getMessage()).contains(parts));
  }

  @Test
  void anIndexNoticesLabelsThatChangedInPlace() throws IOException {
    Path copy = Files.copy(file("none"), dir.resolve("a.parquet"));
    Path index = dir.resolve("index");
    IndexBuilder.build(source(copy), index, 10, Progress.NONE);
    Files.setLastModifiedTime(copy, FileTime.fromMillis(1_000_000));
    DatasetIndex.open(index, 0).close(); // the same, only touched
    byte[] bytes = Files.readAllBytes(copy);
    int label = labelOfRow1(bytes);
    bytes[label]++;
    Files.write(copy, bytes);
    Files.setLastModifiedTime(copy, FileTime.fromMillis(2_000_000));
    assertThatThrownBy(() -> DatasetIndex.open(index, 0).close())
        .hasMessage(
            "%s: the source %s changed since it was indexed; build the index again"
                .formatted(index, copy));
  }

  /** The second of the first ten labels, which stand behind each other: 0, 1, 3, 5, 1, 2, 4, 0. */
  private static int labelOfRow1(byte[] bytes) {
    byte[] labels = new byte[32];
    for (int row = 0; row < 8; row++) {
      labels[4 * row] = (byte) (picture(row) / EACH);
    }
    for (int at = 0; at + 32 < bytes.length; at++) {
      if (Arrays.equals(Arrays.copyOfRange(bytes, at, at + 32), labels)) {
        return at + 4;
      }
    }
    throw new AssertionError("labels are not there");
  }

  @Test
  void aWalkGoesOnFromAnyRow() {
    for (String name : List.of("pages", "null-images", "texts")) {
      List<Long> all = places(source(file(name)), Source.Position.START);
      for (int row = 0; row < IMAGES; row++) {
        int from = row;
        List<Long> rest = all.stream().filter(place -> place >= from).toList();
        assertThat(places(source(file(name)), new Source.Position(0, row, 0, 5, row, 0)))
            .as(name + " from row " + row)
            .isEqualTo(rest);
      }
    }
  }

  private static List<Long> places(DataConfig.Source set, Source.Position from) {
    List<Long> places = new ArrayList<>();
    try (Source source = DataFormats.source(set)) {
      source.scan(
          from,
          new Source.RowSink() {
            @Override
            public void row(long key1, long key2, long place, Source.Position after, long done) {
              places.add(place);
              assertThat(after.offset()).isEqualTo(place + 1);
              assertThat(done).isEqualTo(place + 1);
            }

            @Override
            public void part(int part, long base) {}

            @Override
            public long name(byte[] text, int at, int length) {
              return 0;
            }

            @Override
            public void end(long labels) {
              assertThat(labels).isIn(6L, -1L);
            }
          });
    }
    return places;
  }

  /** The pages of a group are apart: what lies in one is not touched for an image of another. */
  @Test
  void anImageIsReadWithItsPageAlone() throws IOException {
    byte[] whole = Files.readAllBytes(file("pages-unpacked"));
    Path copy = Files.write(dir.resolve("a.parquet"), whole);
    byte[] png;
    try (Dataset set = DataSets.open(source(copy))) {
      png = set.encoded(2).array();
    }
    try (Dataset set = DataSets.open(source(copy))) {
      // Pages that are not packed say their least and largest image before, the footer after.
      int at = latin(whole).lastIndexOf(latin(png));
      byte[] damaged = whole.clone();
      damaged[at + png.length - 20] ^= 1;
      Files.write(copy, damaged);
      List<Long> failed = new ArrayList<>();
      for (long image = 0; image < IMAGES; image++) {
        try {
          set.decode(image, SHAPE, ByteBuffer.allocate(SHAPE.bytes()), 0);
        } catch (BadDataException e) {
          assertThat(e.getMessage()).contains(" row ").contains("page has checksum");
          failed.add(image);
        }
      }
      assertThat(failed).contains(2L).hasSizeBetween(1, 4);
    }
  }

  /** A header that lies asks for memory that the packed bytes would never fill. */
  @Test
  void sizesArePutBesideThePackedBytesBeforeMemoryIsTaken() throws IOException {
    byte[] zeros = new byte[1000];
    for (CompressionCodec codec : List.of(CompressionCodec.SNAPPY, CompressionCodec.ZSTD)) {
      byte[] packed = new byte[2000];
      int length =
          (codec == CompressionCodec.SNAPPY ? new SnappyCompressor() : new ZstdCompressor())
              .compress(zeros, 0, zeros.length, packed, 0, packed.length);
      byte[] exact = Arrays.copyOf(packed, length);
      assertThat(Codec.unpack(codec, exact, 1000)).isEqualTo(zeros);
      assertThatThrownBy(() -> Codec.unpack(codec, exact, 1 << 30))
          .hasMessage("page of 1073741824 bytes by its header, of 1000 as it is packed");
    }
    assertThatThrownBy(() -> Codec.unpack(CompressionCodec.LZ4_RAW, zeros, 1 << 30))
        .hasMessage("page of 1073741824 bytes by its header, of fewer as it is packed");
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
