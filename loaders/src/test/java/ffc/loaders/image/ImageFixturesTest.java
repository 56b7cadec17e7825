package ffc.loaders.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.ImageShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Images of every kind beside the pixels that Pillow or OpenCV finds in them ({@code
 * bench/image_fixtures.py}). JPEG goes through both decoders; on a machine without libturbojpeg
 * ImageIO's is tested twice.
 */
class ImageFixturesTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "images");
  private static final int HEIGHT = 21;
  private static final int WIDTH = 19;
  private static final int AREA = HEIGHT * WIDTH;
  private static final ImageShape RGB = new ImageShape(3, HEIGHT, WIDTH);

  static Stream<String> images() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<String> names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.matches(".*\\.(jpg|png|bmp)"))
              .sorted()
              .toList();
      assertThat(names).hasSizeGreaterThan(75);
      return names.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("images")
  void readsTheSamplesThatAreStored(String name) throws IOException {
    byte[] file = Files.readAllBytes(FOLDER.resolve(name));
    Path pixels = FOLDER.resolve(name.replaceFirst("\\..*", ".ppm"));
    for (boolean turbo : new boolean[] {false, true}) {
      if (name.startsWith("refused-")) {
        assertThat(pixels).doesNotExist();
        assertThatThrownBy(() -> decode(name, file, turbo, RGB))
            .as("turbo %s", turbo)
            .isInstanceOf(IOException.class)
            .hasMessageContaining(name.endsWith("jpg") ? "JPEG" : "PNG");
        continue;
      }
      byte[] want = planes(Files.readAllBytes(pixels));
      // Five bits to eight: Pillow cuts, the JDK rounds.
      int tolerance = name.startsWith("bmp-rgb1") ? 1 : 0;
      byte[] got = decode(name, file, turbo, RGB);
      for (int i = 0; i < want.length; i++) {
        assertThat((got[i] & 0xff) - (want[i] & 0xff))
            .as("turbo %s, channel %d, pixel %d", turbo, i / AREA, i % AREA)
            .isBetween(-tolerance, tolerance);
      }
      if (tolerance == 0) {
        byte[] luma = new byte[AREA];
        for (int i = 0; i < AREA; i++) {
          luma[i] =
              ImageDecoder.luma(want[i] & 0xff, want[i + AREA] & 0xff, want[i + 2 * AREA] & 0xff);
        }
        assertThat(decode(name, file, turbo, new ImageShape(1, HEIGHT, WIDTH))).isEqualTo(luma);
      }
    }
  }

  private static byte[] decode(String name, byte[] file, boolean turbo, ImageShape shape)
      throws IOException {
    assertThat(ImageDecoder.size(ByteBuffer.wrap(file))).containsExactly(HEIGHT, WIDTH);
    byte[] planes = new byte[shape.bytes()];
    if (name.endsWith(".jpg")) {
      new JpegDecoder(turbo).decode(ByteBuffer.wrap(file), shape, new Planes(planes));
    } else {
      ByteBuffer out = ByteBuffer.wrap(planes);
      ImageDecoder.ofThread().decode(ByteBuffer.wrap(file), shape, out, 0);
    }
    return planes;
  }

  /** The pixels of a PPM as [3, height, width]. */
  private static byte[] planes(byte[] ppm) {
    byte[] head = "P6 %d %d 255\n".formatted(WIDTH, HEIGHT).getBytes(StandardCharsets.US_ASCII);
    if (!Arrays.equals(ppm, 0, head.length, head, 0, head.length)
        || ppm.length != head.length + 3 * AREA) {
      throw new UncheckedIOException(new IOException("not the PPM that the script writes"));
    }
    byte[] planes = new byte[3 * AREA];
    for (int i = 0; i < AREA; i++) {
      for (int c = 0; c < 3; c++) {
        planes[c * AREA + i] = ppm[head.length + 3 * i + c];
      }
    }
    return planes;
  }
}
