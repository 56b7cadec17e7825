package ffc.loaders.photos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.loaders.decode.PhotoDecoderTest;
import ffc.loaders.image.Picture;
import ffc.loaders.image.Warp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Aligned faces beside what NumPy (Umeyama by singular values, float64) and OpenCV (its warp) make
 * of the same points: {@code bench/landmarks_reference.py}, with numpy 2.4 and OpenCV 5.0.
 */
class AlignmentTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "landmarks");

  /** A recorded case. */
  private record Recorded(int height, int width, float[] points, double[] matrix) {}

  private static List<Recorded> recorded() throws IOException {
    return Files.readAllLines(FOLDER.resolve("transforms.txt")).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split(" \\| ", -1))
        .map(
            parts -> {
              double[] size = numbers(parts[0]);
              double[] exact = numbers(parts[1]);
              float[] points = new float[exact.length];
              for (int i = 0; i < points.length; i++) {
                points[i] = (float) exact[i];
              }
              return new Recorded((int) size[0], (int) size[1], points, numbers(parts[2]));
            })
        .toList();
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
  }

  /** The picture of the script. */
  private static Picture picture() {
    Picture picture = new Picture(210, 260);
    for (int y = 0; y < 210; y++) {
      for (int x = 0; x < 260; x++) {
        int at = 3 * (y * 260 + x);
        picture.pixels()[at] =
            (byte) Math.floor(128 + 100 * Math.sin(x / 17.0) * Math.cos(y / 23.0));
        picture.pixels()[at + 1] = (byte) Math.floor(255.0 * x / 259);
        picture.pixels()[at + 2] = (byte) Math.floor(255.0 * y / 209);
      }
    }
    return picture;
  }

  @Test
  void theTransformIsThatOfUmeyama() throws IOException {
    assertThat(recorded()).hasSize(5);
    for (Recorded recorded : recorded()) {
      double[] m = recorded.matrix();
      double determinant = m[0] * m[4] - m[1] * m[3];
      Warp got = Alignment.toPicture(recorded.points(), recorded.height(), recorded.width());
      assertThat(got.xx()).isEqualTo(m[4] / determinant, within(1e-9));
      assertThat(got.xy()).isEqualTo(-m[1] / determinant, within(1e-9));
      assertThat(got.yx()).isEqualTo(-m[3] / determinant, within(1e-9));
      assertThat(got.yy()).isEqualTo(m[0] / determinant, within(1e-9));
      assertThat(got.x0()).isEqualTo((m[1] * m[5] - m[4] * m[2]) / determinant, within(1e-6));
      assertThat(got.y0()).isEqualTo((m[3] * m[2] - m[0] * m[5]) / determinant, within(1e-6));
    }
  }

  @Test
  void pixelsAreThoseOfOpenCv() throws IOException {
    int compared = 0;
    for (int i = 0; i < recorded().size(); i++) {
      Path file = FOLDER.resolve("aligned" + i + ".ppm");
      if (Files.exists(file)) {
        Recorded recorded = recorded().get(i);
        Picture want = PhotoDecoderTest.ppm(file);
        Picture got =
            Alignment.apply(picture(), recorded.points(), recorded.height(), recorded.width());
        assertThat(PhotoDecoderTest.meanApart(got, want)).isLessThan(0.75);
        assertThat(PhotoDecoderTest.mostApart(got, want)).isLessThanOrEqualTo(3);
        compared++;
      }
    }
    assertThat(compared).isEqualTo(3);
  }

  @Test
  void aLargeFaceIsTheMeanOfItsPixels() throws IOException {
    Picture stripes = new Picture(900, 900);
    for (int i = 0; i < stripes.pixels().length; i++) {
      stripes.pixels()[i] = (byte) (i / 3 % 2 == 0 ? 0 : 200);
    }
    float[] points = new float[10];
    double[] template = {
      38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041
    };
    for (int i = 0; i < 10; i++) {
      points[i] = (float) (7.3 * template[i] + 30);
    }
    byte[] planes = Alignment.apply(stripes, points, 112, 112).pixels();
    for (byte level : planes) {
      assertThat(level & 0xff).isBetween(85, 115);
    }
  }

  @Test
  void pointsThatAreNoFaceOfThePictureAreRefused() {
    float[] mirrored = {150, 60, 60, 60, 100, 100, 140, 150, 70, 150};
    assertThatThrownBy(() -> Alignment.apply(picture(), mirrored, 112, 112))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("mirrored");
    float[] point = {100, 100, 100, 100, 100, 100, 100, 100, 100, 100};
    assertThatThrownBy(() -> Alignment.apply(picture(), point, 112, 112))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("within 0.0 pixels of their middle");
    float[] outside = {360, 60, 450, 60, 400, 100, 370, 150, 440, 150};
    assertThatThrownBy(() -> Alignment.apply(picture(), outside, 112, 112))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("outside of the picture of 210x260");
  }
}
