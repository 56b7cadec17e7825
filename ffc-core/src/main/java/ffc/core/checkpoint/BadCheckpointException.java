package ffc.core.checkpoint;

/**
 * A checkpoint that is torn, damaged or none at all: another one may do. One that is sound but
 * belongs to another experiment is a plain {@link IllegalArgumentException}.
 */
public final class BadCheckpointException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public BadCheckpointException(String message) {
    super(message);
  }

  public BadCheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
