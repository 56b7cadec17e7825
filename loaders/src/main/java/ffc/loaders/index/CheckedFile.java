package ffc.loaders.index;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.Blob;
import ffc.loaders.table.LongArray;
import ffc.loaders.table.MappedFile;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A mapped file whose blocks are compared with their checksums when they are first touched: opening
 * costs nothing, and a damaged block never gives a number.
 */
final class CheckedFile implements LongArray, Blob {
  /** Bytes under one checksum; a multiple of 8. */
  static final int BLOCK = 1 << 16;

  private final MappedFile file;
  private final int[] sums;
  private final String remedy;
  private final AtomicLongArray verified;

  /**
   * @param sums CRC-32C of each block
   * @param remedy what mends a damaged block, to end a message with
   */
  CheckedFile(MappedFile file, int[] sums, String remedy) {
    this.file = file;
    this.sums = sums;
    this.remedy = remedy;
    this.verified = new AtomicLongArray((sums.length + 63) / 64);
  }

  @Override
  public long length() {
    return file.length();
  }

  @Override
  public long get(long index) {
    touch((int) (index >>> 13));
    return file.get(index);
  }

  @Override
  public long size() {
    return file.size();
  }

  @Override
  public ByteBuffer slice(long offset, int length) {
    ByteBuffer slice = file.slice(offset, length);
    for (long block = offset / BLOCK; block * BLOCK < offset + length; block++) {
      touch((int) block);
    }
    return slice;
  }

  private void touch(int block) {
    if ((verified.getPlain(block >>> 6) & 1L << block) == 0) {
      verify(block);
    }
  }

  private void verify(int block) {
    long offset = (long) block * BLOCK;
    int found = file.crc(offset, Math.min(offset + BLOCK, file.size()));
    if (found != sums[block]) {
      throw new BadDataException(
          "%s: block at offset %d has checksum %08x, expected %08x; %s"
              .formatted(file.path(), offset, found, sums[block], remedy));
    }
    verified.getAndAccumulate(block >>> 6, 1L << block, (a, b) -> a | b);
  }

  /** Compares all blocks. */
  void verifyAll() {
    for (int block = 0; block < sums.length; block++) {
      verify(block);
    }
  }
}
