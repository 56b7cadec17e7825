package ffc.loaders.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ffc.loaders.data.ImageShape;
import ffc.loaders.source.TestPacks;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;

class ImageDecoderTest {
  private static final long SEED = 99;
  private static final int HEIGHT = 21;
  private static final int WIDTH = 17;

  private static BufferedImage random(BufferedImage image, Random random) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        for (int b = 0; b < image.getRaster().getNumBands(); b++) {
          int bits = image.getSampleModel().getSampleSize(b);
          image.getRaster().setSample(x, y, b, random.nextInt(1 << bits));
        }
      }
    }
    return image;
  }

  private static List<BufferedImage> images() {
    Random random = new Random(SEED);
    List<BufferedImage> images = new ArrayList<>();
    for (int type :
        new int[] {
          BufferedImage.TYPE_BYTE_GRAY,
          BufferedImage.TYPE_USHORT_GRAY,
          BufferedImage.TYPE_3BYTE_BGR,
          BufferedImage.TYPE_BYTE_BINARY
        }) {
      images.add(random(new BufferedImage(WIDTH, HEIGHT, type), random));
    }
    for (int bits : new int[] {1, 2, 4, 8}) {
      byte[][] colours = new byte[3][1 << bits];
      for (byte[] channel : colours) {
        random.nextBytes(channel);
      }
      IndexColorModel model =
          new IndexColorModel(bits, 1 << bits, colours[0], colours[1], colours[2]);
      images.add(
          random(
              new BufferedImage(
                  WIDTH,
                  HEIGHT,
                  bits == 8 ? BufferedImage.TYPE_BYTE_INDEXED : BufferedImage.TYPE_BYTE_BINARY,
                  model),
              random));
    }
    // Four bits of gray, as the glyph sets have.
    byte[] grays = new byte[16];
    for (int i = 0; i < 16; i++) {
      grays[i] = (byte) (17 * i);
    }
    images.add(
        random(
            new BufferedImage(
                WIDTH,
                HEIGHT,
                BufferedImage.TYPE_BYTE_BINARY,
                new IndexColorModel(4, 16, grays, grays, grays)),
            random));
    return images;
  }

  private static byte[] decode(byte[] encoded, ImageShape shape) throws IOException {
    ByteBuffer out = ByteBuffer.allocateDirect(5 + shape.bytes());
    ByteBuffer in = ByteBuffer.allocate(encoded.length + 3).position(3).put(encoded).position(3);
    ImageDecoder.ofThread().decode(in, shape, out, 5);
    assertThat(in.position()).isEqualTo(3);
    byte[] bytes = new byte[shape.bytes()];
    out.get(5, bytes);
    return bytes;
  }

  private static byte[] rgbOf(BufferedImage image) {
    int area = image.getHeight() * image.getWidth();
    byte[] planes = new byte[3 * area];
    boolean gray =
        image.getRaster().getNumBands() == 1 && !(image.getColorModel() instanceof IndexColorModel);
    for (int i = 0; i < area; i++) {
      int x = i % image.getWidth();
      int y = i / image.getWidth();
      Color colour = new Color(image.getRGB(x, y));
      int level = 0;
      if (gray) {
        // getRGB would apply the gamma of Java's linear gray space.
        int bits = image.getSampleModel().getSampleSize(0);
        level = image.getRaster().getSample(x, y, 0) >> (bits - 8);
      }
      planes[i] = (byte) (gray ? level : colour.getRed());
      planes[i + area] = (byte) (gray ? level : colour.getGreen());
      planes[i + 2 * area] = (byte) (gray ? level : colour.getBlue());
    }
    return planes;
  }

  @Test
  void decodesEveryKindOfPng() throws Exception {
    for (BufferedImage image : images()) {
      for (boolean interlaced : new boolean[] {false, true}) {
        byte[] png = png(image, interlaced);
        assertThat(decode(png, new ImageShape(3, HEIGHT, WIDTH)))
            .as("seed %d %s interlaced %s", SEED, image, interlaced)
            .isEqualTo(rgbOf(image));
      }
    }
  }

  @Test
  void convertsColourToLuma() throws Exception {
    BufferedImage image =
        random(new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_3BYTE_BGR), new Random(SEED));
    byte[] rgb = rgbOf(image);
    byte[] gray = decode(png(image, false), new ImageShape(1, HEIGHT, WIDTH));
    int area = HEIGHT * WIDTH;
    for (int i = 0; i < area; i++) {
      double luma =
          0.299 * (rgb[i] & 0xff)
              + 0.587 * (rgb[i + area] & 0xff)
              + 0.114 * (rgb[i + 2 * area] & 0xff);
      assertThat(gray[i] & 0xff).isBetween((int) Math.floor(luma - 0.01), (int) Math.ceil(luma));
    }
  }

  private static byte[] png(BufferedImage image, boolean interlaced) throws IOException {
    return write(image, "png", interlaced);
  }

  private static byte[] write(BufferedImage image, String format, boolean progressive)
      throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      ImageWriteParam param = writer.getDefaultWriteParam();
      if (progressive) {
        param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
      }
      writer.write(null, new IIOImage(image, null, null), param);
    }
    writer.dispose();
    return bytes.toByteArray();
  }

  /** A smooth picture, as JPEG is made for. */
  private static BufferedImage smooth(int type) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        image.setRGB(x, y, new Color(x * 15, y * 12, (x * y) % 256).getRGB());
      }
    }
    return image;
  }

  @Test
  void decodesJpegAsImageIoDoes() throws Exception {
    for (int type : new int[] {BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_BYTE_GRAY}) {
      for (boolean progressive : new boolean[] {false, true}) {
        byte[] jpeg = write(smooth(type), "jpeg", progressive);
        BufferedImage want = ImageIO.read(new ByteArrayInputStream(jpeg));
        ImageShape shape = new ImageShape(3, HEIGHT, WIDTH);
        byte[] planes = new byte[shape.bytes()];
        new JpegDecoder(false).decode(ByteBuffer.wrap(jpeg), shape, new Planes(planes));
        assertThat(planes).isEqualTo(rgbOf(want));
      }
    }
  }

  @Test
  void refusesTruncatedJpegWithBothDecoders() throws Exception {
    byte[] jpeg = write(smooth(BufferedImage.TYPE_3BYTE_BGR), "jpeg", false);
    ImageShape shape = new ImageShape(3, HEIGHT, WIDTH);
    byte[] planes = new byte[shape.bytes()];
    for (boolean turbo : new boolean[] {false, true}) {
      JpegDecoder decoder = new JpegDecoder(turbo);
      for (int length = 0; length < jpeg.length; length++) {
        ByteBuffer cut = ByteBuffer.wrap(Arrays.copyOf(jpeg, length));
        assertThat(catchThrowable(() -> decoder.decode(cut, shape, new Planes(planes))))
            .as("turbo %s, %d of %d bytes", turbo, length, jpeg.length)
            .isInstanceOf(IOException.class);
      }
      decoder.decode(ByteBuffer.wrap(jpeg), shape, new Planes(planes));
    }
  }

  /**
   * JPEG has no checksums: a flipped bit may pass, but it must end, in an IOException if not, and
   * in the same way with both decoders.
   */
  @Test
  void bearsEveryDamageOfAJpegAlikeWithBothDecoders() throws Exception {
    Random random = new Random(SEED);
    ImageShape shape = new ImageShape(3, HEIGHT, WIDTH);
    JpegDecoder plain = new JpegDecoder(false);
    JpegDecoder turbo = new JpegDecoder(true);
    for (boolean progressive : new boolean[] {false, true}) {
      byte[] jpeg = write(smooth(BufferedImage.TYPE_3BYTE_BGR), "jpeg", progressive);
      int refused = 0;
      for (int trial = 0; trial < 1000; trial++) {
        byte[] damaged = jpeg.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
          damaged[random.nextInt(jpeg.length)] = (byte) random.nextInt();
        }
        byte[] want = planesOrNull(plain, damaged, shape);
        assertThat(planesOrNull(turbo, damaged, shape))
            .as("seed %d progressive %s trial %d", SEED, progressive, trial)
            .isEqualTo(want);
        refused += want == null ? 1 : 0;
      }
      assertThat(refused).as("seed %d", SEED).isGreaterThan(200);
    }
  }

  private static byte[] planesOrNull(JpegDecoder decoder, byte[] jpeg, ImageShape shape) {
    byte[] planes = new byte[shape.bytes()];
    try {
      decoder.decode(ByteBuffer.wrap(jpeg), shape, new Planes(planes));
      return planes;
    } catch (IOException e) {
      assertThat(e).hasMessageNotContaining("\n");
      return null;
    }
  }

  @Test
  void refusesEveryDamageOfAPng() throws Exception {
    Random random = new Random(SEED);
    byte[] png = TestPacks.png(3, 9, 8);
    ImageShape shape = new ImageShape(1, 9, 8);
    byte[] whole = decode(png, shape);
    assertThat(whole).isEqualTo(TestPacks.pixels(3, 9, 8));
    for (int trial = 0; trial < 3000; trial++) {
      byte[] damaged =
          trial % 3 == 0 ? Arrays.copyOf(png, random.nextInt(png.length)) : png.clone();
      if (trial % 3 != 0) {
        damaged[random.nextInt(png.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        assertThat(decode(damaged, shape)).as("seed %d trial %d", SEED, trial).isEqualTo(whole);
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("\n");
      }
    }
  }

  @Test
  void namesWhatIsNoImage() {
    ImageShape shape = new ImageShape(1, 1, 1);
    assertThatThrownBy(() -> decode(new byte[0], shape)).hasMessageContaining("record is empty");
    assertThatThrownBy(() -> decode(new byte[] {1, 2, 3, 4, 5}, shape))
        .hasMessage("not a JPEG, PNG, WebP, GIF, BMP or TIFF image: begins with 01020304");
  }
}
