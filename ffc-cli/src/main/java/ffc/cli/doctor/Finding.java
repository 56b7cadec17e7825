package ffc.cli.doctor;

/**
 * One line about the machine.
 *
 * @param sound whether nothing has to be done about it
 * @param subject such as {@code compiler}
 * @param text what is there; of one that is not sound also what to do
 */
public record Finding(boolean sound, String subject, String text) {
  static Finding ok(String subject, String text) {
    return new Finding(true, subject, text);
  }

  static Finding todo(String subject, String text) {
    return new Finding(false, subject, text);
  }
}
