package ffc.loaders.table;

import java.nio.ByteBuffer;

/** Bytes by 64-bit offset, on the heap or in a file. Thread-safe reads. */
public interface Blob {

  /** A little-endian view of a range. */
  ByteBuffer slice(long offset, int length);

  long size();
}
