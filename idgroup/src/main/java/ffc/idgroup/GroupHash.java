package ffc.idgroup;

/** Chained 64-bit hashing for replica comparison; no defence against malice. */
final class GroupHash {
  private GroupHash() {}

  static long mix(long hash, long value) {
    long h = (Long.rotateLeft(hash, 23) ^ value) * 0x9E3779B97F4A7C15L;
    h = (h ^ (h >>> 30)) * 0xBF58476D1CE4E5B9L;
    return h ^ (h >>> 31);
  }
}
