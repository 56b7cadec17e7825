package ffc.idgroup.cluster;

/**
 * The membership has changed, or is about to after a step that all trainers completed: the step
 * that was under way is void and nothing of it may be applied. Answer with {@link
 * HazelcastExchange#rejoin}.
 */
public final class EpochEndedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EpochEndedException(String message) {
    super(message);
  }

  EpochEndedException(String message, Throwable cause) {
    super(message, cause);
  }
}
