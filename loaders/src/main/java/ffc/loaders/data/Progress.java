package ffc.loaders.data;

/** Hears how far long work on data has come. */
@FunctionalInterface
public interface Progress {
  /** Hears nothing. */
  Progress NONE = (phase, done, total) -> {};

  /**
   * @param phase what is being done, a few words
   * @param done units done in this phase
   * @param total units of this phase, or -1 if unknown
   */
  void report(String phase, long done, long total);
}
