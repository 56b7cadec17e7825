package ffc.loaders.decode;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.image.Fit;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.image.Picture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Photographs of every kind beside the pixels that Pillow finds in them, upright and in sRGB
 * ({@code bench/photo_fixtures.py}).
 */
public class PhotoDecoderTest {
  public static final Path FOLDER = Path.of("src", "test", "resources", "photos");

  static Stream<String> photos() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<String> names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> !name.endsWith(".ppm") && !name.startsWith("scaled"))
              .sorted()
              .toList();
      assertThat(names).hasSizeGreaterThan(35);
      return names.stream();
    }
  }

  static Picture decode(byte[] file) throws IOException {
    return PhotoDecoder.decode(ByteBuffer.wrap(file), ImageFormat.of(file), pixels -> {}).srgb();
  }

  @ParameterizedTest
  @MethodSource("photos")
  void isSeenAsAnotherDecoderSeesIt(String name) throws IOException {
    Picture want = ppm(FOLDER.resolve(name.replaceFirst("\\..*", ".ppm")));
    Picture got = decode(Files.readAllBytes(FOLDER.resolve(name)));

    assertThat(got.height()).isEqualTo(want.height());
    assertThat(got.width()).isEqualTo(want.width());
    if (name.startsWith("webp-lossy")) {
      // Colours, stored at half the size, are repeated where libwebp smooths them.
      assertThat(mostApart(got, want)).isLessThanOrEqualTo(20);
      assertThat(meanApart(got, want)).isLessThan(4);
    } else {
      assertThat(mostApart(got, want)).isLessThanOrEqualTo(name.contains("cmyk") ? 2 : 1);
    }
  }

  @Test
  void shrinksAsAnotherProgramDoes() throws IOException {
    Picture large = decode(Files.readAllBytes(FOLDER.resolve("scaled.png")));

    Picture got = Fit.crop.apply(large, 32, 32);

    assertThat(mostApart(got, ppm(FOLDER.resolve("scaled.ppm")))).isLessThanOrEqualTo(1);
  }

  @Test
  void aPictureOfTheWantedSizeStaysAsItIs() throws IOException {
    Picture picture = decode(Files.readAllBytes(FOLDER.resolve("bmp-rgb.bmp")));
    for (Fit fit : Fit.values()) {
      Picture same = fit.apply(picture, picture.height(), picture.width());
      assertThat(same.pixels()).as("%s", fit).isEqualTo(picture.pixels());
    }
  }

  @Test
  void paddingLeavesTheWholePictureInTheMiddle() {
    Picture white = new Picture(40, 20);
    Arrays.fill(white.pixels(), (byte) 255);

    Picture padded = Fit.pad.apply(white, 16, 16);

    for (int x = 0; x < 16; x++) {
      assertThat(padded.pixels()[3 * (7 * 16 + x)]).isEqualTo((byte) (x >= 4 && x < 12 ? 255 : 0));
    }
  }

  /** Whatever a damaged file holds, it is told as such or decoded. */
  @Test
  void damagedFilesEndInOneKindOfException() throws IOException {
    long seed = 41;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (String name : photos().toList()) {
      byte[] sound = Files.readAllBytes(FOLDER.resolve(name));
      for (int i = 0; i < 25; i++) {
        byte[] bad =
            i % 5 == 0
                ? Arrays.copyOf(
                    sound, ImageFormat.HEAD + random.nextInt(sound.length - ImageFormat.HEAD))
                : sound.clone();
        for (int edits = random.nextInt(4); edits >= 0; edits--) {
          bad[4 + random.nextInt(bad.length - 4)] = (byte) random.nextInt(256);
        }
        try {
          PhotoDecoder.decode(
              ByteBuffer.wrap(bad),
              ImageFormat.of(sound),
              pixels -> {
                if (pixels > 1 << 22) {
                  throw new IOException("too large for this test");
                }
              });
        } catch (IOException e) {
          assertThat(e.getMessage()).as(name).isNotBlank();
        }
      }
    }
  }

  public static int mostApart(Picture got, Picture want) {
    assertThat(got.pixels()).hasSameSizeAs(want.pixels());
    int most = 0;
    for (int i = 0; i < want.pixels().length; i++) {
      most = Math.max(most, Math.abs((got.pixels()[i] & 0xff) - (want.pixels()[i] & 0xff)));
    }
    return most;
  }

  public static double meanApart(Picture got, Picture want) {
    double sum = 0;
    for (int i = 0; i < want.pixels().length; i++) {
      sum += Math.abs((got.pixels()[i] & 0xff) - (want.pixels()[i] & 0xff));
    }
    return sum / want.pixels().length;
  }

  public static Picture ppm(Path path) throws IOException {
    byte[] file = Files.readAllBytes(path);
    int end = 0;
    while (file[end] != '\n') {
      end++;
    }
    String[] head = new String(file, 0, end, StandardCharsets.US_ASCII).split(" ", -1);
    return new Picture(
        Arrays.copyOfRange(file, end + 1, file.length),
        Integer.parseInt(head[2]),
        Integer.parseInt(head[1]));
  }
}
