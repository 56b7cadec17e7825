package ffc.cli.doctor;

/**
 * One line about the machine.
 *
 * @param subject such as {@code compiler}
 * @param text what is there; of one that is not ok also what to do
 */
public record Finding(Level level, String subject, String text) {
  /** What a finding means for a training. */
  public enum Level {
    ok,
    /** It runs, but something could be better. */
    note,
    /** It does not run. */
    todo
  }

  static Finding ok(String subject, String text) {
    return new Finding(Level.ok, subject, text);
  }

  static Finding note(String subject, String text) {
    return new Finding(Level.note, subject, text);
  }

  static Finding todo(String subject, String text) {
    return new Finding(Level.todo, subject, text);
  }
}
