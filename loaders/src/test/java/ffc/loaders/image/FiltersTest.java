package ffc.loaders.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.loaders.data.ImageShape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Filters in whole numbers against their formulas in double precision. */
class FiltersTest {
  private static final long SEED = 20_261_128;
  private static final ImageShape SHAPE = new ImageShape(3, 9, 14);
  private static final int PLANE = 9 * 14;

  private final Random random = new Random(SEED);
  private final Filters filters = new Filters(SHAPE);
  private final Filters gray = new Filters(new ImageShape(1, 9, 14));

  private byte[] image() {
    byte[] image = new byte[SHAPE.bytes()];
    random.nextBytes(image);
    return image;
  }

  /** Pixel of a plane; beyond the middle of the outermost ones these go on. */
  private static double pixel(byte[] image, int channel, int y, int x) {
    int row = Math.max(0, Math.min(8, y));
    int column = Math.max(0, Math.min(13, x));
    return image[channel * PLANE + row * 14 + column] & 0xff;
  }

  private static double bilinear(byte[] image, int channel, double y, double x) {
    if (x < -0.5 || x > 13.5 || y < -0.5 || y > 8.5) {
      return 0;
    }
    int top = (int) Math.floor(y);
    int left = (int) Math.floor(x);
    double wy = y - top;
    double wx = x - left;
    return (1 - wy)
            * ((1 - wx) * pixel(image, channel, top, left)
                + wx * pixel(image, channel, top, left + 1))
        + wy
            * ((1 - wx) * pixel(image, channel, top + 1, left)
                + wx * pixel(image, channel, top + 1, left + 1));
  }

  @Test
  void warpsBilinearly() {
    for (int round = 0; round < 200; round++) {
      byte[] image = image();
      boolean upright = round % 2 == 0;
      Warp warp =
          new Warp(
              random.nextDouble(-2, 2),
              upright ? 0 : random.nextDouble(-1, 1),
              random.nextDouble(-5, 15),
              upright ? 0 : random.nextDouble(-1, 1),
              random.nextDouble(-2, 2),
              random.nextDouble(-5, 10));
      byte[] got = image(); // what was there before is gone
      filters.warp(image, 9, 14, warp, got);
      for (int channel = 0; channel < 3; channel++) {
        byte[] plane = new byte[PLANE];
        byte[] alone = Arrays.copyOfRange(image, channel * PLANE, (channel + 1) * PLANE);
        gray.warp(alone, 9, 14, warp, plane);
        assertThat(plane)
            .isEqualTo(Arrays.copyOfRange(got, channel * PLANE, (channel + 1) * PLANE));
        for (int y = 0; y < 9; y++) {
          for (int x = 0; x < 14; x++) {
            double fromX = warp.xx() * x + warp.xy() * y + warp.x0();
            double fromY = warp.yx() * x + warp.yy() * y + warp.y0();
            assertThat((double) (got[channel * PLANE + y * 14 + x] & 0xff))
                .as("seed %d, round %d, at %f, %f", SEED, round, fromX, fromY)
                .isCloseTo(bilinear(image, channel, fromY, fromX), within(2.5));
          }
        }
      }
    }
  }

  @Test
  void leavesAPictureAsItIsByTheIdentityAndMirrorsExactly() {
    byte[] image = image();
    byte[] got = new byte[SHAPE.bytes()];
    filters.warp(image, 9, 14, Warp.IDENTITY, got);
    assertThat(got).isEqualTo(image);
    filters.warp(image, 9, 14, Warp.mirror(14).of(Warp.shift(2, -1)), got);
    for (int i = 0; i < PLANE; i++) {
      int x = 13 - (i % 14 + 2);
      int y = i / 14 - 1;
      assertThat(got[i]).isEqualTo(x < 0 || y < 0 ? 0 : image[y * 14 + x]);
    }
  }

  @Test
  void shrinksByTheMeanOfAreas() {
    for (int round = 0; round < 60; round++) {
      int toHeight = random.nextInt(1, 10);
      int toWidth = random.nextInt(1, 15);
      byte[] image = image();
      byte[] got = filters.shrink(image, toHeight, toWidth);
      for (int channel = 0; channel < 3; channel++) {
        for (int y = 0; y < toHeight; y++) {
          for (int x = 0; x < toWidth; x++) {
            assertThat((double) (got[(channel * toHeight + y) * toWidth + x] & 0xff))
                .as("seed %d, %d x %d", SEED, toHeight, toWidth)
                .isCloseTo(
                    area(
                        image,
                        channel,
                        y * 9.0 / toHeight,
                        9.0 / toHeight,
                        x * 14.0 / toWidth,
                        14.0 / toWidth),
                    within(0.500001));
          }
        }
      }
    }
  }

  private static double area(
      byte[] image, int channel, double top, double height, double left, double width) {
    double sum = 0;
    for (int y = 0; y < 9; y++) {
      for (int x = 0; x < 14; x++) {
        double inY = Math.max(0, Math.min(y + 1, top + height) - Math.max(y, top));
        double inX = Math.max(0, Math.min(x + 1, left + width) - Math.max(x, left));
        sum += inY * inX * pixel(image, channel, y, x);
      }
    }
    return sum / (height * width);
  }

  @Test
  void blursByAGaussianWhateverItsWidth() {
    for (int round = 0; round < 40; round++) {
      double sigma = random.nextDouble(0.1, round < 30 ? 3 : 20);
      byte[] image = image();
      byte[] got = image.clone();
      filters.blur(got, sigma);
      int radius = (int) Math.ceil(2.5 * sigma);
      for (int channel = 0; channel < 3; channel++) {
        for (int i = 0; i < PLANE; i++) {
          double sum = 0;
          double weights = 0;
          for (int dy = -radius; dy <= radius; dy++) {
            for (int dx = -radius; dx <= radius; dx++) {
              double weight = Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
              weights += weight;
              sum += weight * pixel(image, channel, i / 14 + dy, i % 14 + dx);
            }
          }
          assertThat((double) (got[channel * PLANE + i] & 0xff))
              .as("seed %d, sigma %f", SEED, sigma)
              .isCloseTo(sum / weights, within(1.05));
        }
      }
    }
  }

  @Test
  void changesLightAndColoursByTheirFormulas() {
    for (int round = 0; round < 60; round++) {
      double brightness = random.nextDouble(0, 2);
      double contrast = random.nextDouble(0, 2);
      double saturation = random.nextDouble(0, 2);
      byte[] image = image();
      byte[] lit = image.clone();
      filters.light(lit, brightness, contrast);
      byte[] got = lit.clone();
      filters.saturate(got, saturation);
      double mean = 0;
      for (int i = 0; i < PLANE; i++) {
        mean += luma(image, i) / PLANE;
      }
      for (int i = 0; i < PLANE; i++) {
        double gray = luma(lit, i);
        for (int channel = 0; channel < 3; channel++) {
          double old = image[channel * PLANE + i] & 0xff;
          double middle = brightness * mean;
          double want = middle + contrast * (brightness * old - middle);
          assertThat((double) (lit[channel * PLANE + i] & 0xff))
              .as("seed %d", SEED)
              .isCloseTo(Math.max(0, Math.min(255, want)), within(2.0));
          double light = lit[channel * PLANE + i] & 0xff;
          assertThat((double) (got[channel * PLANE + i] & 0xff))
              .as("seed %d", SEED)
              .isCloseTo(
                  Math.max(0, Math.min(255, gray + saturation * (light - gray))), within(1.6));
        }
      }
    }
  }

  private static double luma(byte[] image, int i) {
    return 0.299 * (image[i] & 0xff)
        + 0.587 * (image[PLANE + i] & 0xff)
        + 0.114 * (image[2 * PLANE + i] & 0xff);
  }

  @Test
  void lightIsExactlyTheSameAtFactorsOfOne() {
    byte[] image = image();
    byte[] got = image.clone();
    filters.light(got, 1, 1);
    filters.saturate(got, 1);
    assertThat(got).isEqualTo(image);
  }

  @Test
  void grayPicturesHaveNoSaturation() {
    Filters gray = new Filters(new ImageShape(1, 9, 14));
    byte[] image = new byte[PLANE];
    random.nextBytes(image);
    byte[] got = image.clone();
    gray.saturate(got, 0);
    assertThat(got).isEqualTo(image);
  }
}
