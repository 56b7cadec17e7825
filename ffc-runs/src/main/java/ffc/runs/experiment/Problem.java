package ffc.runs.experiment;

/**
 * One mistake in a configuration.
 *
 * @param place where it was written: {@code file:line:column} or {@code --set path=value}
 * @param path the setting, such as {@code method.capacity}; empty for the whole file
 * @param message what is wrong: got, wanted, how to mend it
 */
public record Problem(String place, String path, String message) {
  @Override
  public String toString() {
    return path.isEmpty() ? place + ": " + message : place + ": " + path + ": " + message;
  }
}
