package ffc.cli;

import ffc.engine.TensorEngine;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/**
 * What {@code ffc --version} prints: the program, the tensor engine and the natives that it has
 * loaded, the JVM.
 */
final class Version implements IVersionProvider {
  private static final Properties BUILD = load();

  @Override
  public String[] getVersion() {
    return new String[] {"ffc " + ffc(), "engine " + engine(), "jvm " + jvm()};
  }

  static String ffc() {
    return BUILD.getProperty("ffc");
  }

  private static String engine() {
    try {
      TensorEngine engine = TensorEngine.load();
      return "DJL "
          + engine.version()
          + ", PyTorch natives "
          + engine.natives()
          + " in "
          + engine.folder();
    } catch (RuntimeException | LinkageError e) {
      Throwable cause = e;
      while (cause.getCause() != null && cause.getCause() != cause) {
        cause = cause.getCause();
      }
      return "cannot be loaded: " + cause.toString().replaceAll("\\s*\\R\\s*", " ");
    }
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
