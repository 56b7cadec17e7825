package ffc.loaders.table;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Text rows by the offset of their entry: {@code u16 length, UTF-8 bytes}, little-endian. */
public record Names(Blob blob) {
  /** Longest row in bytes. */
  public static final int MAX_BYTES = 0xffff;

  /** The row at an offset. */
  public String at(long offset) {
    int length = blob.slice(offset, 2).getShort(0) & 0xffff;
    ByteBuffer bytes = blob.slice(offset + 2, length);
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }
}
