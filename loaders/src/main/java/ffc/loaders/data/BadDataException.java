package ffc.loaders.data;

/**
 * Data on disk that cannot be used: truncated, corrupt, inconsistent or of the wrong shape. The
 * message is one line that names the place, what was found and what was wanted; characters that
 * would break it, which come from damaged files, are shown as question marks.
 */
public class BadDataException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public BadDataException(String message) {
    super(oneLine(message));
  }

  public BadDataException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  private static String oneLine(String message) {
    return message == null ? null : message.replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]", "?");
  }
}
