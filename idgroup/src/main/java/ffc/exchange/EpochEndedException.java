package ffc.exchange;

/**
 * The set of trainers has changed, or is about to after a step that all trainers completed: the
 * step that was under way is void and nothing of it may be applied. Answer with {@link
 * GroupExchange#rejoin}.
 */
public final class EpochEndedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what ended the epoch
   */
  public EpochEndedException(String message) {
    super(message);
  }

  /**
   * @param message what ended the epoch
   * @param cause how it was noticed
   */
  public EpochEndedException(String message, Throwable cause) {
    super(message, cause);
  }
}
