package ffc.loaders.image;

import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriter;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.spi.ImageReaderWriterSpi;
import javax.imageio.spi.ImageWriterSpi;

/**
 * ImageIO's readers and writers of the JDK itself. Plugins on the class path register themselves
 * for the whole JVM and before these, and give other pixels: what decodes stored images asks here.
 */
public final class JdkCodecs {
  private JdkCodecs() {}

  /**
   * A reader of the JDK, to be disposed of.
   *
   * @param format name of the format, such as {@code jpeg}
   */
  public static ImageReader reader(String format) {
    try {
      return provider(ImageReaderSpi.class, format).createReaderInstance();
    } catch (IOException e) {
      throw new IllegalStateException("the JDK's reader of " + format + " does not start", e);
    }
  }

  /** A writer of the JDK, to be disposed of. */
  public static ImageWriter writer(String format) {
    try {
      return provider(ImageWriterSpi.class, format).createWriterInstance();
    } catch (IOException e) {
      throw new IllegalStateException("the JDK's writer of " + format + " does not start", e);
    }
  }

  private static <T extends ImageReaderWriterSpi> T provider(Class<T> kind, String format) {
    Iterator<T> providers = IIORegistry.getDefaultInstance().getServiceProviders(kind, true);
    while (providers.hasNext()) {
      T provider = providers.next();
      if (provider.getClass().getModule() == ImageIO.class.getModule()
          && Arrays.asList(provider.getFormatNames()).contains(format)) {
        return provider;
      }
    }
    throw new IllegalStateException("this JDK has no " + kind.getSimpleName() + " of " + format);
  }
}
