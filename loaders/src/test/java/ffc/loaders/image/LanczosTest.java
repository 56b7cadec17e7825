package ffc.loaders.image;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LanczosTest {
  private static final long SEED = 8;

  /** The definition, of one sample: sums of sinc(x) sinc(x / 3) in double precision. */
  private static double sample(
      Picture from, int channel, double y, double x, double stretchY, double stretchX) {
    double sum = 0;
    double weights = 0;
    for (int row = 0; row < from.height(); row++) {
      double down = kernel((row + 0.5 - y) / stretchY);
      for (int column = 0; down != 0 && column < from.width(); column++) {
        double weight = down * kernel((column + 0.5 - x) / stretchX);
        sum += weight * (from.pixels()[3 * (row * from.width() + column) + channel] & 0xff);
        weights += weight;
      }
    }
    return Math.max(0, Math.min(255, sum / weights));
  }

  private static double kernel(double x) {
    return Math.abs(x) >= 3 ? 0 : sinc(x) * sinc(x / 3);
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  @Test
  void samplesAreThoseOfTheDefinition() {
    System.out.println("seed " + SEED);
    Random random = new Random(SEED);
    for (int trial = 0; trial < 60; trial++) {
      Picture from = new Picture(1 + random.nextInt(50), 1 + random.nextInt(50));
      random.nextBytes(from.pixels());
      // Some boxes are off the pixels' middles by next to nothing, others by any part.
      double shift = trial % 3 == 0 ? 0 : trial % 3 == 1 ? 3e-5 : random.nextDouble() / 2;
      double top = Math.min(shift, from.height() / 4.0);
      double left = Math.min(shift, from.width() / 4.0);
      int height = 1 + random.nextInt(30);
      int width = 1 + random.nextInt(30);
      double perRow = (from.height() - top) / height;
      double perColumn = (from.width() - left) / width;

      Picture got = Lanczos.scale(from, top, left, from.height(), from.width(), height, width);

      for (int i = 0; i < got.pixels().length; i++) {
        double want =
            sample(
                from,
                i % 3,
                top + (i / 3 / width + 0.5) * perRow,
                left + (i / 3 % width + 0.5) * perColumn,
                Math.max(1, perRow),
                Math.max(1, perColumn));
        assertThat((double) (got.pixels()[i] & 0xff))
            .as("trial %d sample %d", trial, i)
            .isBetween(want - 0.501, want + 0.501);
      }
    }
  }

  @Test
  void aPictureIsFilledFromEitherOrderOfColours() throws Exception {
    byte[] rgb = {1, 2, 3, 4, 5, 6};
    byte[] bgr = {3, 2, 1, 6, 5, 4};
    ImageShape shape = new ImageShape(3, 1, 2);
    Picture picture = new Picture(1, 2);
    picture.filled().colours(rgb, 0, shape);
    assertThat(picture.pixels()).containsExactly(1, 2, 3, 4, 5, 6);
    picture.filled().colours(bgr, 2, shape);
    assertThat(picture.pixels()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(picture.toPlanes()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(Picture.ofPlanes(picture.toPlanes(), 1, 2).pixels()).isEqualTo(picture.pixels());
    ByteBuffer luma = ByteBuffer.allocate(3);
    picture.put(1, luma, 1);
    assertThat(luma.array()).containsExactly(0, 2, 5);
  }
}
