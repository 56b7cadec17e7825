package ffc.loaders.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GlyphsTest {
  private static final Path FONTS = Path.of("/usr/share/fonts");

  @TempDir Path dir;

  @Test
  void takesTheHangulOfKsX1001AndUnifiedIdeographsOnly() {
    List<GlyphBlocks.CodePoint> points = GlyphBlocks.all();
    assertThat(points.stream().filter(p -> p.block().equals("hangul"))).hasSize(2350);
    assertThat(points).doesNotHaveDuplicates().hasSizeGreaterThan(95_000);
    assertThat(points.stream().map(GlyphBlocks.CodePoint::value)).doesNotContain(0xf900, 0x41);
    assertThat(points.stream().mapToInt(GlyphBlocks.CodePoint::value).toArray()).isSorted();
  }

  @Test
  void designsLeaveNearDuplicatesOut() {
    Random random = new Random(3);
    byte[] one = new byte[256];
    byte[] other = new byte[256];
    for (int i = 0; i < 256; i++) {
      one[i] = (byte) (i / 16 / 4 % 2 * 15);
      other[i] = (byte) (i % 16 / 4 % 2 * 15);
    }
    byte[] nearly = one.clone();
    nearly[random.nextInt(256)] = 7;
    GlyphDesigns designs = new GlyphDesigns(16);
    assertThat(designs.add(one)).isTrue();
    assertThat(designs.add(nearly)).isFalse();
    assertThat(designs.add(other)).isTrue();
    assertThat(designs.kept()).containsExactly(one, other);
  }

  @Test
  void pngIsReadBackByOthers() throws Exception {
    byte[] levels = new byte[7 * 5];
    new Random(1).nextBytes(levels);
    byte[] png = GrayPng.encode(levels, 7, 5, 8).array();
    Files.write(dir.resolve("8.png"), png);
    for (int i = 0; i < levels.length; i++) {
      levels[i] &= 15;
    }
    Files.write(dir.resolve("4.png"), GrayPng.encode(levels, 7, 5, 4).array());
    var four = ImageIO.read(dir.resolve("4.png").toFile()).getRaster();
    for (int i = 0; i < levels.length; i++) {
      assertThat(four.getSample(i % 5, i / 5, 0)).isEqualTo(levels[i]);
    }
    assertThat(ImageIO.read(dir.resolve("8.png").toFile()).getHeight()).isEqualTo(7);
  }

  @Test
  void drawsASetFromInstalledFonts() throws Exception {
    assumeFalse(noCjkFonts(), "no CJK font is installed below " + FONTS);
    String report = Glyphs.run(List.of(FONTS), 32, 400, 2, dir, Progress.NONE);
    assertThat(report).contains("font faces", "uro", "images per identity");
    Path rec = dir.resolve("glyphs.rec");
    DataConfig.Source source = new DataConfig.Source("recordio", rec.toString());
    assertThat(DataVerify.run(source, new ImageShape(1, 32, 32), 2, Progress.NONE).faults())
        .isEmpty();
    try (Dataset data = DataSets.open(source)) {
      List<String> labels = Files.readAllLines(dir.resolve("glyphs.labels.tsv"));
      assertThat(labels).hasSize((int) data.identities() + 1);
      ByteBuffer image = ByteBuffer.allocate(1024);
      for (long i = 0; i < data.images(); i++) {
        data.decode(i, new ImageShape(1, 32, 32), image, 0);
        long ink = 0;
        for (byte b : image.array()) {
          ink += b & 0xff;
        }
        assertThat(ink).isGreaterThan(255L * 20);
      }
    }
    assertThat(dir.resolve("contact.png")).isNotEmptyFile();
    assertThat(dir.resolve("faces.tsv")).isNotEmptyFile();
  }

  private static boolean noCjkFonts() throws Exception {
    if (!Files.isDirectory(FONTS)) {
      return true;
    }
    try (Stream<Path> files = Files.walk(FONTS)) {
      return files.noneMatch(
          f -> f.getFileName().toString().matches("(?i).*(ipa|nanum|uming|wqy|droid|hana).*"));
    }
  }

  @Test
  void saysWhichFontsAreMissing() {
    assertThatThrownBy(() -> Glyphs.run(List.of(dir), 32, 10, 1, dir, Progress.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none of 0 font files has CJK or Hangul glyphs");
  }
}
