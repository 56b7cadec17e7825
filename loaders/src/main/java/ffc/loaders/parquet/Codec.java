package ffc.loaders.parquet;

import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.format.CompressionCodec;

/** Unpacks pages. No memory is taken that the packed bytes themselves do not ask for. */
final class Codec {
  /** The most that LZ4 makes of a byte. */
  private static final int LZ4_TIMES = 255;

  /** What Zstandard is trusted to unpack to where the packed bytes do not say it. */
  private static final int UNSAID = 1 << 26;

  private Codec() {}

  /** Refuses what is not read. */
  static void check(CompressionCodec codec) throws IOException {
    switch (codec) {
      case UNCOMPRESSED, SNAPPY, GZIP, ZSTD, LZ4_RAW -> {}
      default ->
          throw new IOException(
              "packed by %s, which is not read: snappy, gzip, zstd, lz4_raw or none"
                  .formatted(codec));
    }
  }

  /**
   * Unpacks.
   *
   * @param size of the result, by the page's header
   * @throws IOException if it cannot be, or gives another size
   */
  static byte[] unpack(CompressionCodec codec, byte[] packed, int size) throws IOException {
    check(codec);
    if (packed.length == 0 && size == 0) {
      return packed;
    }
    if (size < 0) {
      throw new IOException("page of %d bytes by its header".formatted(size));
    }
    long said = said(codec, packed);
    if (said >= 0 ? said != size : size > most(codec, packed.length)) {
      throw new IOException(
          "page of %d bytes by its header, of %s as it is packed"
              .formatted(size, said >= 0 ? Long.toString(said) : "fewer"));
    }
    if (codec == CompressionCodec.UNCOMPRESSED) {
      return packed;
    }
    byte[] bytes = new byte[size];
    int length;
    try {
      length =
          switch (codec) {
            case SNAPPY ->
                new SnappyDecompressor().decompress(packed, 0, packed.length, bytes, 0, size);
            case ZSTD ->
                new ZstdDecompressor().decompress(packed, 0, packed.length, bytes, 0, size);
            case LZ4_RAW ->
                new Lz4Decompressor().decompress(packed, 0, packed.length, bytes, 0, size);
            default -> gunzip(packed, bytes);
          };
    } catch (RuntimeException e) { // what the decompressors answer to damage
      throw new IOException("page cannot be unpacked: damaged", e);
    }
    if (length != size) {
      throw new IOException("page unpacks to %d bytes, expected %d".formatted(length, size));
    }
    return bytes;
  }

  /** What the packed bytes say of their size, -1 if nothing. */
  private static long said(CompressionCodec codec, byte[] packed) throws IOException {
    try {
      return switch (codec) {
        case UNCOMPRESSED -> packed.length;
        case SNAPPY -> SnappyDecompressor.getUncompressedLength(packed, 0);
        case ZSTD -> ZstdDecompressor.getDecompressedSize(packed, 0, packed.length);
        case GZIP -> packed.length < 18 ? 0 : lastInt(packed);
        default -> -1;
      };
    } catch (RuntimeException e) {
      throw new IOException("page cannot be unpacked: damaged", e);
    }
  }

  private static long most(CompressionCodec codec, int packed) {
    return codec == CompressionCodec.LZ4_RAW ? (long) LZ4_TIMES * packed : UNSAID;
  }

  private static long lastInt(byte[] bytes) {
    int at = bytes.length - 4;
    return (bytes[at] & 0xff)
        | (bytes[at + 1] & 0xff) << 8
        | (bytes[at + 2] & 0xff) << 16
        | (bytes[at + 3] & 0xffL) << 24;
  }

  private static int gunzip(byte[] packed, byte[] into) throws IOException {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed), 1 << 13)) {
      int length = in.readNBytes(into, 0, into.length);
      return in.read() < 0 ? length : length + 1;
    } catch (IOException e) {
      throw new IOException("page cannot be unpacked: damaged", e);
    }
  }
}
