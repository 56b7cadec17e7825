package ffc.cli;

import ffc.engine.TensorEngine;
import ffc.runs.record.Build;
import picocli.CommandLine.IVersionProvider;

/**
 * What {@code ffc --version} prints: the program, the tensor engine and the natives that it has
 * loaded, the JVM.
 */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"ffc " + Build.version(), "engine " + engine(), "jvm " + jvm()};
  }

  private static String engine() {
    try {
      return TensorEngine.load().describe();
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
}
