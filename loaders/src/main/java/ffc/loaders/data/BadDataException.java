package ffc.loaders.data;

/**
 * Data on disk that cannot be used: truncated, corrupt, inconsistent or of the wrong shape. The
 * message is one line that names the place, what was found and what was wanted.
 */
public class BadDataException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public BadDataException(String message) {
    super(message);
  }

  public BadDataException(String message, Throwable cause) {
    super(message, cause);
  }
}
