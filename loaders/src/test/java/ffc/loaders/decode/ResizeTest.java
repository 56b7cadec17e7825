package ffc.loaders.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Resize;
import ffc.loaders.image.Fit;
import ffc.loaders.image.ImageDecoder;
import ffc.loaders.image.Picture;
import ffc.loaders.photos.PhotoReader;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of any size as a training with {@code data.resize} sees them. */
class ResizeTest {
  @TempDir Path dir;

  private static byte[] png(int height, int width) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, (x * 5 % 256) << 16 | (y * 3 % 256) << 8 | ((x + y) * 7 % 256));
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  private static byte[] decoded(byte[] file, ImageShape shape) throws IOException {
    byte[] pixels = new byte[shape.bytes()];
    Images.decode(ByteBuffer.wrap(file), shape, ByteBuffer.wrap(pixels), 0);
    return pixels;
  }

  /** One code: what a query of a search is, and an imported picture before it is stored. */
  @Test
  void pixelsAreThoseOfAnImport() throws IOException {
    byte[] file = png(90, 61);
    Path picture = Files.write(dir.resolve("a.png"), file);
    for (int channels : new int[] {1, 3}) {
      ImageShape shape = new ImageShape(channels, 32, 28);
      byte[] last = {};
      for (Fit fit : Fit.values()) {
        byte[] want = new byte[shape.bytes()];
        PhotoReader.read(picture, fit, shape, ByteBuffer.wrap(want), 0);
        byte[] got = decoded(file, shape.resized(Resize.valueOf(fit.name())));
        assertThat(got).as(fit + " " + channels).isEqualTo(want).isNotEqualTo(last);
        last = got;
      }
    }
  }

  @Test
  void imagesOfTheSizeAreUntouched() throws IOException {
    byte[] file = png(32, 28);
    ImageShape shape = new ImageShape(3, 32, 28);
    for (Resize resize : Resize.values()) {
      assertThat(decoded(file, shape.resized(resize))).isEqualTo(decoded(file, shape));
    }
  }

  /** Turned, in another colour space, of a format that only photographs have: as an import. */
  @ParameterizedTest
  @MethodSource("ffc.loaders.decode.PhotoDecoderTest#photos")
  void photographsOfEveryKindAreThoseOfAnImport(String name) throws IOException {
    Path picture = PhotoDecoderTest.FOLDER.resolve(name);
    byte[] file = Files.readAllBytes(picture);
    int[] size = Images.size(ByteBuffer.wrap(file));
    // Scaled; and of the size that it has, as it is stored and as it is seen.
    int[][] shapes = {{3, 16, 20}, {1, 16, 20}, {3, size[0], size[1]}, {3, size[1], size[0]}};
    for (int[] sides : shapes) {
      ImageShape shape = new ImageShape(sides[0], sides[1], sides[2]);
      byte[] want = new byte[shape.bytes()];
      PhotoReader.read(picture, Fit.crop, shape, ByteBuffer.wrap(want), 0);
      assertThat(decoded(file, shape.resized(Resize.crop)))
          .as(Arrays.toString(sides))
          .isEqualTo(want);
    }
  }

  /** What a network that takes the stored size has always seen stays as it is. */
  @ParameterizedTest
  @ValueSource(strings = {"jpeg-turned6.jpg", "png-turned6.png", "jpeg-wide.jpg", "png-wide.png"})
  void offTakesSamplesAsTheyAreStored(String name) throws IOException {
    byte[] file = Files.readAllBytes(PhotoDecoderTest.FOLDER.resolve(name));
    int[] size = Images.size(ByteBuffer.wrap(file));
    ImageShape shape = new ImageShape(3, size[0], size[1]);
    byte[] want = new byte[shape.bytes()];
    ImageDecoder.ofThread().decode(ByteBuffer.wrap(file), shape, ByteBuffer.wrap(want), 0);
    assertThat(decoded(file, shape)).isEqualTo(want);
    assertThat(decoded(file, shape.resized(Resize.crop))).isNotEqualTo(want);
    assertThat(Images.isTurned(ByteBuffer.wrap(file))).isEqualTo(name.contains("turned"));
  }

  /** Formats that only plugins read are taken by packs, tars and folders of one size, too. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "webp-lossless.webp",
        "gif-palette.gif",
        "tiff-lzw.tif",
        "tiff-gray16.tif",
        "jpeg-cmyk.jpg"
      })
  void offReadsOtherFormatsToo(String name) throws IOException {
    Path picture = PhotoDecoderTest.FOLDER.resolve(name);
    byte[] file = Files.readAllBytes(picture);
    int[] size = Images.size(ByteBuffer.wrap(file));
    ImageShape shape = new ImageShape(3, size[0], size[1]);
    byte[] want = new byte[shape.bytes()];
    PhotoReader.read(picture, Fit.crop, shape, ByteBuffer.wrap(want), 0);
    assertThat(decoded(file, shape)).isEqualTo(want);
    assertThatThrownBy(() -> decoded(file, new ImageShape(3, size[0], size[1] + 1)))
        .hasMessage(
            "image is %dx%d (height x width), wanted %dx%d"
                .formatted(size[0], size[1], size[0], size[1] + 1));
  }

  @Test
  void offTurnsNoFormat() throws IOException {
    byte[] file = Files.readAllBytes(PhotoDecoderTest.FOLDER.resolve("tiff-turned7.tif"));
    int[] size = Images.size(ByteBuffer.wrap(file));
    byte[] stored = decoded(file, new ImageShape(3, size[0], size[1]));
    Picture want = PhotoDecoderTest.ppm(PhotoDecoderTest.FOLDER.resolve("tiff-turned7.ppm"));
    Picture got = Picture.ofPlanes(stored, size[0], size[1]).upright(7);
    assertThat(PhotoDecoderTest.mostApart(got, want)).isLessThanOrEqualTo(1);
  }

  @Test
  void offRefusesAndSoDoesAHeaderThatAsksForTooMuch() throws IOException {
    byte[] file = png(40, 28);
    assertThatThrownBy(() -> decoded(file, new ImageShape(3, 32, 28)))
        .hasMessage("image is 40x28 (height x width), wanted 32x28");
    byte[] huge = png(40, 28);
    Arrays.fill(huge, 18, 20, (byte) 0x7f); // width of the IHDR
    Arrays.fill(huge, 22, 24, (byte) 0x7f);
    CRC32 sum = new CRC32();
    sum.update(huge, 12, 17);
    ByteBuffer.wrap(huge).putInt(29, (int) sum.getValue());
    assertThatThrownBy(() -> decoded(huge, new ImageShape(3, 32, 28).resized(Resize.crop)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("data.resize takes up to 33 megapixels");
  }

  /** Whatever a file holds, reading it ends with pixels or with its fault. */
  @Test
  void changedBytesAreFaultsOfTheImage() throws IOException {
    ImageShape shape = new ImageShape(3, 32, 28).resized(Resize.pad);
    Random random = new Random(8);
    List<byte[]> files = new ArrayList<>();
    for (String format : new String[] {"png", "jpg", "bmp"}) {
      ByteArrayOutputStream sound = new ByteArrayOutputStream();
      ImageIO.write(ImageIO.read(new ByteArrayInputStream(png(40, 28))), format, sound);
      files.add(sound.toByteArray());
    }
    for (String name : new String[] {"jpeg-turned6.jpg", "webp-lossy.webp", "tiff-lzw.tif"}) {
      files.add(Files.readAllBytes(PhotoDecoderTest.FOLDER.resolve(name)));
    }
    for (byte[] sound : files) {
      for (int i = 0; i < 400; i++) {
        byte[] bad = sound.clone();
        for (int edits = random.nextInt(4); edits >= 0; edits--) {
          bad[random.nextInt(Math.min(bad.length, i % 2 == 0 ? 64 : 4096))] =
              (byte) (random.nextInt(4) == 0 ? 0 : random.nextInt(256));
        }
        try {
          decoded(bad, i % 4 < 2 ? shape : shape.resized(Resize.off));
        } catch (IOException e) {
          assertThat(e.getMessage()).isNotBlank();
        }
      }
    }
  }
}
