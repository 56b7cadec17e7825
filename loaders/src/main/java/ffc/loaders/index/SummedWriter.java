package ffc.loaders.index;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Writes a file from its beginning and keeps a CRC-32C of every {@value CheckedFile#BLOCK} bytes.
 */
final class SummedWriter implements Closeable {
  private final FileChannel channel;
  private final ByteBuffer block =
      ByteBuffer.allocateDirect(CheckedFile.BLOCK).order(ByteOrder.LITTLE_ENDIAN);
  private final CRC32C crc = new CRC32C();
  private int[] sums = new int[1024];
  private int blocks;
  private long size;

  SummedWriter(Path file) throws IOException {
    channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  void putLong(long value) throws IOException {
    if (block.remaining() < Long.BYTES) {
      flush();
    }
    block.putLong(value);
    size += Long.BYTES;
  }

  void put(byte[] bytes, int from, int length) throws IOException {
    int at = from;
    int end = from + length;
    while (at < end) {
      if (!block.hasRemaining()) {
        flush();
      }
      int count = Math.min(end - at, block.remaining());
      block.put(bytes, at, count);
      at += count;
    }
    size += length;
  }

  long size() {
    return size;
  }

  private void flush() throws IOException {
    if (block.position() == 0) {
      return;
    }
    block.flip();
    crc.reset();
    crc.update(block.duplicate());
    if (blocks == sums.length) {
      sums = java.util.Arrays.copyOf(sums, 2 * blocks);
    }
    sums[blocks++] = (int) crc.getValue();
    while (block.hasRemaining()) {
      channel.write(block);
    }
    block.clear();
  }

  /** Writes what is left, forces it to disk and returns the sums. */
  int[] finish() throws IOException {
    flush();
    channel.force(true);
    return java.util.Arrays.copyOf(sums, blocks);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
