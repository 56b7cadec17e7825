package ffc.engine;

/**
 * Native methods of {@code natives/collectives.h}, for {@link Collectives} alone. Whatever is
 * returned as a long is an object that its own method frees. Without the bridge none may be called
 * but {@link #hasGloo}.
 */
final class C10d {
  private C10d() {}

  /** Whether the PyTorch of the bridge has gloo. */
  static native boolean hasGloo();

  /** Whether the bridge was compiled with NCCL. */
  static native boolean hasNccl();

  /** A rendezvous that listens at an address, on a free {@link #port}. */
  static native long listen(String host, long millis);

  /** The rendezvous that listens there. */
  static native long connect(String host, int port, long millis);

  static native int port(long rendezvous);

  /** Frees a rendezvous; groups that joined by it keep what they need. */
  static native void part(long rendezvous);

  /**
   * Joins a group, when all its members do.
   *
   * @param host this member's address, at which it listens for the others
   * @param millis limit of time of this and of each later call
   */
  static native long join(
      long rendezvous, int rank, int size, String host, long millis, boolean gpus);

  /** Ends calls that hang on a GPU. */
  static native void abort(long group);

  /** Frees a group, when what is under way has ended. */
  static native void leave(long group);

  static native long startSum(long group, long[] arrays, double divisor);

  static native long startGather(long group, long array);

  /** Goes on with a call for at most that time; whether it is done. */
  static native boolean advance(long call, int millis);

  /** What a gather brought: an array, the caller's. */
  static native long gathered(long call);

  /** Frees a call, whether it is done or not. */
  static native void end(long call);
}
