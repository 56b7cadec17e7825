package ffc.loaders.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourcesTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path dir;

  private static Dataset open(String format, Object path) {
    return DataSets.open(new DataConfig.Source(format, path.toString()));
  }

  private static void assertImage(Dataset set, long image, int seed) {
    ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
    set.decode(image, SHAPE, out, 0);
    assertThat(out.array()).isEqualTo(TestPacks.pixels(seed, 4, 3));
  }

  @Test
  void folderNumbersIdentitiesBySortedNames() throws Exception {
    Path root = dir.resolve("images");
    String[] files = {"b/2.png", "b/1.PNG", "a/x.png", "c/1.png", "c/1.txt", ".cache/1.png"};
    for (int i = 0; i < files.length; i++) {
      Path file = root.resolve(files[i]);
      Files.createDirectories(file.getParent());
      Files.write(file, TestPacks.png(i, 4, 3));
    }
    try (Dataset set = open("folder", root)) {
      assertThat(set.identities()).isEqualTo(3);
      assertThat(set.images()).isEqualTo(4);
      assertThat(set.identityName(1)).isEqualTo("b");
      int[] seeds = {2, 1, 0, 3};
      for (int i = 0; i < 4; i++) {
        assertImage(set, i, seeds[i]);
      }
      assertThat(set.describe(0)).endsWith("a/x.png");
      Files.delete(root.resolve("a/x.png"));
      ByteBuffer out = ByteBuffer.allocate(12);
      assertThatThrownBy(() -> set.decode(0, SHAPE, out, 0))
          .isInstanceOf(BadDataException.class)
          .hasMessageEndingWith("a/x.png: no such file");
    }
    assertThatThrownBy(() -> open("folder", root).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("no .jpg, .jpeg, .png, .bmp, .webp, .gif, .tif or .tiff in it");
    assertThatThrownBy(() -> open("folder", dir.resolve("none")).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("cannot be listed");
    Path pack = Files.createDirectories(dir.resolve("pack"));
    assertThatThrownBy(() -> open("folder", pack).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageEndingWith("wanted one for each identity with its images");
    Files.createFile(pack.resolve("train.rec"));
    Files.createFile(pack.resolve("open.rec"));
    assertThatThrownBy(() -> open("folder", pack).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageEndingWith("with its images; or give a pack in it: open.rec, train.rec");
  }

  @Test
  void folderReadsBmpAndColourImages() throws Exception {
    Files.createDirectories(dir.resolve("f/a"));
    BufferedImage image = new BufferedImage(3, 4, BufferedImage.TYPE_3BYTE_BGR);
    image.setRGB(1, 2, 0x102030);
    Files.write(dir.resolve("f/a/1.bmp"), TestPacks.encode(image, "bmp"));
    Files.write(dir.resolve("f/a/2.png"), TestPacks.encode(image, "png"));
    try (Dataset set = open("folder", dir.resolve("f"))) {
      for (int i = 0; i < 2; i++) {
        ByteBuffer rgb = ByteBuffer.allocate(36);
        set.decode(i, new ImageShape(3, 4, 3), rgb, 0);
        assertThat(rgb.get(7)).isEqualTo((byte) 0x10);
        assertThat(rgb.get(19)).isEqualTo((byte) 0x20);
        assertThat(rgb.get(31)).isEqualTo((byte) 0x30);
        ByteBuffer gray = ByteBuffer.allocate(12);
        set.decode(i, SHAPE, gray, 0);
        int luma = (0x10 * 19595 + 0x20 * 38470 + 0x30 * 7471 + 0x8000) >> 16;
        assertThat(gray.get(7)).isEqualTo((byte) luma);
      }
    }
  }

  @Test
  void manifestGroupsUnsortedNumbersAndText() throws Exception {
    Files.createDirectories(dir.resolve("m"));
    List<String> lines = new ArrayList<>(List.of("# id<TAB>path"));
    String[] ids = {"17", "2", "mary", "17", "9000000000000", "007", "mary"};
    for (int i = 0; i < ids.length; i++) {
      Files.write(dir.resolve("m/" + i + ".png"), TestPacks.png(i, 4, 3));
      lines.add(ids[i] + "\tm/" + i + ".png");
    }
    Path list = dir.resolve("list.tsv");
    Files.write(list, lines);
    try (Dataset set = open("manifest", list)) {
      assertThat(set.identities()).isEqualTo(5);
      assertThat(set.identityName(0)).isEqualTo("2");
      assertThat(set.identityName(1)).isEqualTo("17");
      assertThat(set.identityName(2)).isEqualTo("9000000000000");
      assertThat(List.of(set.identityName(3), set.identityName(4)))
          .containsExactlyInAnyOrder("mary", "007");
      assertThat(set.imageCount(1)).isEqualTo(2);
      assertImage(set, 0, 1);
      assertImage(set, 1, 0);
      assertImage(set, 2, 3);
      for (long image = 0; image < set.images(); image++) {
        String path = set.describe(image);
        int seed = path.charAt(path.length() - 5) - '0';
        assertThat(set.identityName(set.identityOf(image))).isEqualTo(ids[seed]);
      }
    }
    Files.writeString(list, "1 no tab\n");
    assertThatThrownBy(() -> open("manifest", list).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("list.tsv line 1: wanted \"id<TAB>path\"");
    Files.write(list, new byte[] {(byte) 0x80, 4, 'x', '\n'});
    assertThatThrownBy(() -> open("manifest", list).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("list.tsv line 1: is no text; wanted a list of")
        .hasMessageContaining("pairs to verify (.bin) have none");
  }

  @Test
  void lmdbReadsWhatTheNativeLibraryWrites() throws Exception {
    Random random = new Random(5);
    List<TestLmdb.Entry> entries = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      // Some values beyond a page, so that overflow pages occur.
      byte[] png = i % 50 == 0 ? TestPacks.png(i, 90, 70) : TestPacks.png(i, 4, 3);
      entries.add(new TestLmdb.Entry("k%x".formatted(i * 7919L % 100_003), i % 40, png));
    }
    Collections.shuffle(entries, random);
    TestLmdb.write(dir.resolve("one"), entries);
    TestLmdb.write(dir.resolve("two"), List.of(new TestLmdb.Entry("x", 0, TestPacks.png(9, 4, 3))));
    String both = dir.resolve("one") + "," + dir.resolve("two") + ":" + dir.resolve("two.txt");
    try (Dataset set = open("lmdb", both)) {
      assertThat(set.identities()).isEqualTo(41);
      assertThat(set.images()).isEqualTo(3001);
      for (long image = 0; image < 3000; image++) {
        String text = set.describe(image);
        String key = text.substring(text.indexOf('"') + 1, text.lastIndexOf('"'));
        TestLmdb.Entry entry =
            entries.stream().filter(e -> e.key().equals(key)).findFirst().orElseThrow();
        assertThat(set.identityOf(image)).isEqualTo(entry.label());
        assertThat(((ffc.loaders.table.RecordDataset) set).encoded(image))
            .isEqualTo(ByteBuffer.wrap(entry.image()));
      }
      assertImage(set, 3000, 9);
      assertThat(set.identityOf(3000)).isEqualTo(40);
    }
    Files.writeString(dir.resolve("two.txt"), "x 0\ny 0\n");
    assertThatThrownBy(() -> open("lmdb", both).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("two.txt line 2: key \"y\" is not in");
    Files.writeString(dir.resolve("two.txt"), "x 1\n");
    assertThatThrownBy(() -> open("lmdb", both).close())
        .hasMessageContaining("identity 40 of 42 has no image");
  }

  @Test
  void syntheticImagesOfOneIdentityLookAlike() {
    ImageShape shape = new ImageShape(3, 32, 32);
    try (Dataset set = open("synthetic", "ids=200;mean=3;tail=zipf;seed=4")) {
      assertThat(set.identities()).isEqualTo(200);
      assertThat((double) set.images() / 200).isBetween(1.5, 6.0);
      int nearest = 0;
      int probes = 0;
      float[][] pixels = new float[(int) set.images()][];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = centred(set, i, shape);
      }
      for (int i = 0; i < pixels.length; i++) {
        if (set.imageCount(set.identityOf(i)) < 2) {
          continue;
        }
        int best = -1;
        double most = -2;
        for (int j = 0; j < pixels.length; j++) {
          double cosine = j == i ? -2 : dot(pixels[i], pixels[j]);
          if (cosine > most) {
            most = cosine;
            best = j;
          }
        }
        probes++;
        nearest += set.identityOf(best) == set.identityOf(i) ? 1 : 0;
      }
      assertThat(nearest).isGreaterThan(probes * 9 / 10);
      ByteBuffer again = ByteBuffer.allocate(shape.bytes());
      set.decode(5, shape, again, 0);
      // The pixels are part of the format: a change would make other data of old configurations.
      assertThat(java.util.Arrays.hashCode(again.array())).isEqualTo(SYNTHETIC_HASH);
    }
    assertThatThrownBy(() -> open("synthetic", "ids=x").close())
        .isInstanceOf(BadDataException.class);
    assertThatThrownBy(() -> open("synthetic", "nowhere").close())
        .hasMessageContaining("no such folder");
  }

  private static final int SYNTHETIC_HASH = -681_483_080;

  private static float[] centred(Dataset set, int image, ImageShape shape) {
    ByteBuffer out = ByteBuffer.allocate(shape.bytes());
    set.decode(image, shape, out, 0);
    float[] values = new float[shape.bytes()];
    float mean = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = out.get(i) & 0xff;
      mean += values[i] / values.length;
    }
    double norm = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] -= mean;
      norm += values[i] * values[i];
    }
    for (int i = 0; i < values.length; i++) {
      values[i] /= (float) Math.sqrt(norm);
    }
    return values;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
