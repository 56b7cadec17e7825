package ffc.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What {@code ffc --version} prints: the program, the tensor engine and its natives, the JVM. */
final class Version implements IVersionProvider {
  private static final Properties BUILD = load();

  @Override
  public String[] getVersion() {
    return new String[] {
      "ffc " + ffc(), "engine DJL " + djl() + ", PyTorch natives " + natives(), "jvm " + jvm()
    };
  }

  static String ffc() {
    return BUILD.getProperty("ffc");
  }

  static String djl() {
    return BUILD.getProperty("djl");
  }

  static String natives() {
    return BUILD.getProperty("natives");
  }

  static String jvm() {
    return System.getProperty("java.vm.name")
        + " "
        + System.getProperty("java.runtime.version")
        + " ("
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.arch")
        + ")";
  }

  private static Properties load() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties;
  }
}
