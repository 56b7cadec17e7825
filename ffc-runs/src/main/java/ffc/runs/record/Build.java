package ffc.runs.record;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What the build has written down of itself. */
public final class Build {
  private static final Properties PROPERTIES = load();

  private Build() {}

  /** Version of this program. */
  public static String version() {
    return PROPERTIES.getProperty("ffc");
  }

  private static Properties load() {
    Properties properties = new Properties();
    try (InputStream in = Build.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties;
  }
}
