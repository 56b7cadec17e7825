package ffc.loaders.image;

import java.nio.ByteBuffer;
import javax.imageio.stream.ImageInputStreamImpl;

/** Gives ImageIO the bytes of a buffer without a copy in between; reusable. */
final class BufferImageInputStream extends ImageInputStreamImpl {
  private ByteBuffer bytes = ByteBuffer.allocate(0);
  private int start;

  BufferImageInputStream reset(ByteBuffer encoded) {
    bytes = encoded;
    start = encoded.position();
    streamPos = 0;
    bitOffset = 0;
    flushedPos = 0;
    return this;
  }

  @Override
  public long length() {
    return (long) bytes.limit() - start;
  }

  @Override
  public int read() {
    bitOffset = 0;
    if (streamPos >= length()) {
      return -1;
    }
    return bytes.get(start + (int) streamPos++) & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    bitOffset = 0;
    int count = (int) Math.min(length, length() - streamPos);
    if (count <= 0) {
      return length == 0 ? 0 : -1;
    }
    bytes.get(start + (int) streamPos, target, offset, count);
    streamPos += count;
    return count;
  }
}
