package ffc.loaders.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Quickstart;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordIoSourceTest {
  @TempDir Path dir;

  @Test
  void readsTheQuickstartSets() {
    try (Dataset train = DataSets.open(Quickstart.train());
        Dataset open = DataSets.open(Quickstart.open())) {
      assertThat(train.identities()).isEqualTo(2000);
      assertThat(train.images()).isEqualTo(20_702);
      assertThat(open.identities()).isEqualTo(501);
      assertThat(open.images()).isEqualTo(5_630);
      assertThat(train.fingerprint()).hasSize(16).isNotEqualTo(open.fingerprint());
      assertThat(train.firstImage(2000)).isEqualTo(20_702);
      assertThat(train.describe(0)).contains("train.rec key 1 (offset 40)");
    }
  }

  @Test
  void groupsImagesByIdentityAsTheLabelListCountsThem() throws Exception {
    List<String> lines = Files.readAllLines(Quickstart.ROOT.resolve("train.labels.tsv"));
    try (Dataset train = DataSets.open(Quickstart.train())) {
      for (String line : lines.subList(1, lines.size())) {
        String[] fields = line.split("\t", -1);
        long identity = Long.parseLong(fields[0]);
        assertThat(train.imageCount(identity)).isEqualTo(Long.parseLong(fields[3]));
        for (long i = train.firstImage(identity); i < train.firstImage(identity + 1); i++) {
          assertThat(train.identityOf(i)).isEqualTo(identity);
        }
      }
    }
  }

  @Test
  void decodesAsImageIoDoes() {
    Path rec = Quickstart.ROOT.resolve("train.rec");
    try (Dataset train = DataSets.open(Quickstart.train())) {
      RecordIoFile file = RecordIoFile.open(rec);
      long[] image = {0};
      ImageShape rgb = new ImageShape(3, 32, 32);
      ByteBuffer out = ByteBuffer.allocateDirect(7 + rgb.bytes());
      RecordIoKeys.forEach(
          file,
          0,
          (key, offset, next) -> {
            if (key == 0 || image[0] == 2000) {
              return;
            }
            ByteBuffer encoded = image(file, offset, train.identityOf(image[0]));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            BufferedImage want = read(bytes);
            train.decode(image[0], rgb, out, 7);
            for (int i = 0; i < 1024; i++) {
              // 4-bit grays are exact multiples of 17.
              int gray = want.getRaster().getSample(i % 32, i / 32, 0) * 17;
              for (int c = 0; c < 3; c++) {
                assertThat(out.get(7 + c * 1024 + i) & 0xff).isEqualTo(gray);
              }
            }
            image[0]++;
          });
    }
  }

  private static ByteBuffer image(RecordIoFile file, long offset, long label) {
    try {
      return file.image(offset, 0, label);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BufferedImage read(byte[] png) {
    try {
      return ImageIO.read(new ByteArrayInputStream(png));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void joinsRecordsOfSeveralParts() throws Exception {
    byte[] png = TestPacks.png(5, 4, 3);
    // A magic number inside the data is what RecordIO splits a record at.
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    writer.image(0, 0, png);
    writer.split(1, 1, png, 30, 41);
    writer.close();
    try (Dataset set = open("a.rec")) {
      ImageShape shape = new ImageShape(1, 4, 3);
      ByteBuffer whole = ByteBuffer.allocate(12);
      ByteBuffer joined = ByteBuffer.allocate(12);
      set.decode(0, shape, whole, 0);
      assertThatThrownBy(() -> set.decode(1, shape, joined, 0))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("key 1");
      // The writer above drops four bytes at each cut, as the format does only for magic numbers.
      assertThat(set.identities()).isEqualTo(2);
    }
    byte[] withMagic = TestPacks.pngWithMagicInside(5, 4, 3);
    writer = new TestPacks.Writer(dir.resolve("b.rec"));
    writer.image(0, 0, withMagic);
    writer.splitAtMagic(1, 1, withMagic);
    writer.close();
    try (Dataset set = open("b.rec")) {
      ImageShape shape = new ImageShape(1, 4, 3);
      ByteBuffer whole = ByteBuffer.allocate(12);
      ByteBuffer joined = ByteBuffer.allocate(12);
      set.decode(0, shape, whole, 0);
      set.decode(1, shape, joined, 0);
      assertThat(joined).isEqualTo(whole);
    }
  }

  @Test
  void readsShuffledPacksWithoutRecordZeroAndWithoutIndex() throws Exception {
    int[] labels = {2, 0, 1, 2, 0, 2};
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    for (int i = 0; i < labels.length; i++) {
      writer.image(10 + i, labels[i], TestPacks.png(i, 4, 3));
    }
    writer.close();
    for (boolean withIndex : new boolean[] {true, false}) {
      if (!withIndex) {
        Files.delete(dir.resolve("a.idx"));
      }
      try (Dataset set = open("a.rec")) {
        assertThat(set.identities()).isEqualTo(3);
        assertThat(set.imageCount(2)).isEqualTo(3);
        ByteBuffer got = ByteBuffer.allocate(12);
        int[] order = {1, 4, 2, 0, 3, 5};
        for (int i = 0; i < order.length; i++) {
          set.decode(i, new ImageShape(1, 4, 3), got, 0);
          assertThat(got.array()).isEqualTo(TestPacks.pixels(order[i], 4, 3));
          assertThat(set.identityOf(i)).isEqualTo(labels[order[i]]);
        }
      }
    }
  }

  @Test
  void wantsRecordZeroFirst() {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    writer.image(1, 0, TestPacks.png(0, 4, 3));
    writer.image(0, new float[] {2, 3}, new byte[0]);
    writer.image(2, new float[] {1, 2}, new byte[0]);
    writer.close();
    assertThatThrownBy(() -> open("a.rec").close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("key 0 (offset")
        .hasMessageContaining("sort the .idx by key");
  }

  @Test
  void comparesIdentityRecordsWithLabels() {
    for (float[] range : new float[][] {{1, 3}, {1, 2}, {2, 4}}) {
      TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
      writer.image(0, new float[] {4, 6}, new byte[0]);
      for (int key = 1; key < 4; key++) {
        writer.image(key, key < 3 ? 0 : 1, TestPacks.png(key, 4, 3));
      }
      writer.image(4, range, new byte[0]);
      writer.image(5, new float[] {3, 4}, new byte[0]);
      writer.close();
      if (range[0] == 1 && range[1] == 3) {
        open("a.rec").close();
      } else {
        assertThatThrownBy(() -> open("a.rec").close())
            .hasMessageContaining("key 4 (offset")
            .hasMessageContaining("their labels do not agree");
      }
    }
  }

  @Test
  void takesElementZeroOfALabelVector() throws Exception {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    writer.image(0, new float[] {1, 7, 9}, TestPacks.png(0, 4, 3));
    writer.image(1, new float[] {0, 7, 9}, TestPacks.png(1, 4, 3));
    writer.close();
    try (Dataset set = open("a.rec")) {
      assertThat(set.describe(0)).contains("key 1");
      assertThat(set.identityOf(1)).isEqualTo(1);
    }
  }

  @Test
  void offsetsLabelsOfFurtherPacks() throws Exception {
    for (String name : List.of("a", "b")) {
      TestPacks.Writer writer = new TestPacks.Writer(dir.resolve(name + ".rec"));
      writer.image(0, 0, TestPacks.png(0, 4, 3));
      writer.image(1, 1, TestPacks.png(1, 4, 3));
      writer.close();
    }
    String both = dir.resolve("a.rec") + "," + dir.resolve("b.rec");
    try (Dataset set = DataSets.open(new DataConfig.Source("recordio", both))) {
      assertThat(set.identities()).isEqualTo(4);
      assertThat(set.describe(2)).contains("b.rec key 0");
      assertThat(set.identityOf(2)).isEqualTo(2);
    }
  }

  @Test
  void prefersThePropertyFileOfTheStem() throws Exception {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    writer.image(0, 0, TestPacks.png(0, 4, 3));
    writer.close();
    Files.writeString(dir.resolve("property"), "99,4,3\n");
    assertThatThrownBy(() -> open("a.rec").close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("property says 99 identities, but the largest label is 0");
    Files.writeString(dir.resolve("a.property"), "1,4,3\n");
    try (Dataset set = open("a.rec")) {
      assertThat(set.identities()).isEqualTo(1);
    }
    Files.writeString(dir.resolve("a.property"), "one\n");
    assertThatThrownBy(() -> open("a.rec").close())
        .hasMessageContaining("a.property: got \"one\", wanted \"classes,height,width\"");
  }

  @Test
  void namesTheFaultOfBadRecords() throws Exception {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    writer.image(0, 0, TestPacks.png(0, 4, 3));
    writer.image(1, 2, TestPacks.png(1, 4, 3));
    writer.close();
    assertThatThrownBy(() -> open("a.rec").close())
        .hasMessageContaining("identity 1 of 3 has no image");

    byte[] rec = Files.readAllBytes(dir.resolve("a.rec"));
    Files.write(dir.resolve("a.rec"), java.util.Arrays.copyOf(rec, rec.length - 8));
    assertThatThrownBy(() -> open("a.rec").close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("key 1 (offset")
        .hasMessageContaining("record ends early");

    Files.writeString(dir.resolve("a.idx"), "0\t0\n1\tx\n");
    assertThatThrownBy(() -> open("a.rec").close()).hasMessageContaining("a.idx line 2");
    assertThatThrownBy(() -> open("none.rec").close()).hasMessageContaining("no such file");
  }

  @Test
  void saysWhichSizeWasWanted() {
    try (Dataset train = DataSets.open(Quickstart.train())) {
      ImageShape shape = new ImageShape(3, 112, 112);
      ByteBuffer out = ByteBuffer.allocate(shape.bytes());
      assertThatThrownBy(() -> train.decode(4, shape, out, 0))
          .isInstanceOf(BadDataException.class)
          .hasMessageEndingWith("image is 32x32 (height x width), wanted 112x112")
          .hasMessageContaining("train.rec key 5");
    }
  }

  private Dataset open(String name) {
    return DataSets.open(new DataConfig.Source("recordio", dir.resolve(name).toString()));
  }
}
