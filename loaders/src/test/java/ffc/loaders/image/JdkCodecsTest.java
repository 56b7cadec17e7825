package ffc.loaders.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JdkCodecsTest {
  /** The plugins are there and come first for everyone who asks ImageIO itself. */
  @ParameterizedTest
  @ValueSource(strings = {"jpeg", "tiff"})
  void pluginsAreNotTakenForReadersOfTheJdk(String format) {
    Iterable<javax.imageio.ImageReader> all = () -> ImageIO.getImageReadersByFormatName(format);
    assertThat(StreamSupport.stream(all.spliterator(), false))
        .anyMatch(reader -> reader.getClass().getName().startsWith("com.twelvemonkeys."));

    assertThat(JdkCodecs.reader(format).getClass().getName()).startsWith("com.sun.imageio.");
    assertThat(JdkCodecs.writer(format).getClass().getName()).startsWith("com.sun.imageio.");
  }

  /** What reads and writes stored images asks for the JDK's, and nobody asks ImageIO by a name. */
  @ParameterizedTest
  @ValueSource(strings = {"image", "decode", "tools", "photos"})
  void nobodyAsksImageIoForAnyReader(String folder) throws Exception {
    try (var files =
        java.nio.file.Files.walk(java.nio.file.Path.of("src/main/java/ffc/loaders", folder))) {
      for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        assertThat(file).content().doesNotContain("ByFormatName(", "ByMIMEType(", "ImageIO.read(");
      }
    }
  }
}
