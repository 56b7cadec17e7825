package ffc.exchange.hazelcast;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.zip.CRC32C;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Records between members, little-endian:
 *
 * <pre>
 * frame := "FFCX":u32 version:u16 kind:u16 epoch:u64 tag:u64 rank:u32 flags:u32 length:u32
 *          payload:u8{length} crc32c:u32 [hmacSha256:u8{32}]
 * </pre>
 *
 * epoch is the nonce of the membership epoch, tag the step or the running number of the record. The
 * checksum covers all before it, the signature, present if there is a secret, all before itself.
 */
final class Frames {
  static final int GROUP = 1;
  static final int CHUNK = 2;
  static final int GATHER = 3;
  static final int PLAN = 4;
  static final int REPORT = 5;
  static final int STATE = 6;
  static final int SUM = 7;
  static final int SILENCE = 8;
  static final int TAKEN = 9;
  static final int DEPARTURE = 10;

  private static final int MAGIC = 0x58434646;
  private static final short VERSION = 1;
  private static final int HEADER = 36;
  private static final int SIGNATURE = 32;
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  /**
   * @param secret shared secret, or null for unsigned records
   */
  Frames(String secret) {
    key =
        secret == null
            ? null
            : new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
  }

  /** What errors call a record of a kind that trainers send each other. */
  static String name(int kind) {
    return switch (kind) {
      case GROUP -> "group record";
      case CHUNK -> "chunk";
      case SUM -> "sum";
      case STATE -> "block of the state";
      default -> "record";
    };
  }

  /**
   * What a frame says of itself, unchecked: enough to find who waits for it.
   *
   * @param epoch number of the membership epoch
   * @throws IllegalArgumentException if it is too short to be a frame
   */
  static Mailbox.Label label(long epoch, byte[] bytes) {
    if (bytes.length < HEADER) {
      throw bad("a record", "has " + bytes.length + " bytes");
    }
    ByteBuffer frame = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return new Mailbox.Label(
        epoch, frame.getLong(8), frame.getShort(6), frame.getLong(16), frame.getInt(24));
  }

  /** A payload with its flags. */
  record Content(int flags, ByteBuffer payload) {}

  /** A buffer for a frame, positioned where the payload goes. */
  ByteBuffer begin(int kind, long epoch, long tag, int rank, int flags, int length) {
    int size = HEADER + length + 4 + (key == null ? 0 : SIGNATURE);
    return ByteBuffer.allocate(size)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(MAGIC)
        .putShort(VERSION)
        .putShort((short) kind)
        .putLong(epoch)
        .putLong(tag)
        .putInt(rank)
        .putInt(flags)
        .putInt(length);
  }

  /** The finished frame of a buffer whose payload has been filled. */
  byte[] seal(ByteBuffer frame) {
    byte[] bytes = frame.array();
    int end = bytes.length - 4 - (key == null ? 0 : SIGNATURE);
    frame.putInt(end, checksum(bytes, end));
    if (key != null) {
      frame.put(end + 4, sign(bytes, end + 4));
    }
    return bytes;
  }

  byte[] seal(int kind, long epoch, long tag, int rank, int flags, byte[] payload) {
    return seal(begin(kind, epoch, tag, rank, flags, payload.length).put(payload));
  }

  /**
   * The payload of a frame of which everything is known but the content.
   *
   * @param what names the record in errors
   * @throws IllegalArgumentException if it is damaged, unsigned, or another record
   */
  Content open(byte[] bytes, int kind, long epoch, long tag, int rank, String what) {
    int tail = 4 + (key == null ? 0 : SIGNATURE);
    if (bytes.length < HEADER + 4) {
      throw bad(what, "has " + bytes.length + " bytes");
    }
    ByteBuffer frame = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (frame.getInt(0) != MAGIC || frame.getShort(4) != VERSION) {
      throw bad(what, "is no record of version " + VERSION);
    }
    int length = frame.getInt(32);
    if (length < 0 || length != bytes.length - HEADER - tail) {
      throw bad(
          what,
          "has "
              + bytes.length
              + " bytes for a payload of "
              + length
              + "; is cluster.secret set on one side only?");
    }
    int end = HEADER + length;
    int stored = frame.getInt(end);
    int computed = checksum(bytes, end);
    if (stored != computed) {
      throw bad(what, String.format("has checksum %08x, expected %08x", stored, computed));
    }
    if (key != null) {
      byte[] signature = new byte[SIGNATURE];
      frame.get(end + 4, signature);
      if (!MessageDigest.isEqual(signature, sign(bytes, end + 4))) {
        throw bad(what, "is not signed with our cluster.secret");
      }
    }
    expect(what, "kind", frame.getShort(6), kind);
    expect(what, "epoch", frame.getLong(8), epoch);
    expect(what, "step or number", frame.getLong(16), tag);
    expect(what, "rank", frame.getInt(24), rank);
    ByteBuffer payload = frame.slice(HEADER, length).order(ByteOrder.LITTLE_ENDIAN);
    return new Content(frame.getInt(28), payload);
  }

  /** Proof of the secret for a member's public card; empty without a secret. */
  String proof(String text) {
    if (key == null) {
      return "";
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder hex = new StringBuilder();
    for (byte b : sign(bytes, bytes.length)) {
      hex.append(String.format("%02x", b));
    }
    return hex.toString();
  }

  private static void expect(String what, String field, long got, long wanted) {
    if (got != wanted) {
      throw bad(what, "is of " + field + " " + got + ", wanted " + wanted);
    }
  }

  private static IllegalArgumentException bad(String what, String fault) {
    return new IllegalArgumentException("cluster: " + what + " " + fault);
  }

  private static int checksum(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private byte[] sign(byte[] bytes, int length) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(bytes, 0, length);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cluster: no " + ALGORITHM + " in this Java runtime", e);
    }
  }
}
