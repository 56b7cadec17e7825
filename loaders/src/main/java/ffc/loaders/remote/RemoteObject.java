package ffc.loaders.remote;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import ffc.loaders.data.BadDataException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Optional;

/**
 * One version of a remote object.
 *
 * @param length in bytes
 * @param tag its ETag, else its time of change as its server writes it, else empty
 * @param changedMillis time of change, 0 if it is not known
 */
record RemoteObject(RemotePath path, long length, String tag, long changedMillis) {
  /** An opening asks many times in a row whether a file is there. */
  private static final Cache<RemotePath, Optional<RemoteObject>> LOOKS =
      Caffeine.newBuilder().maximumSize(1 << 16).expireAfterWrite(Duration.ofSeconds(10)).build();

  /**
   * The object at an address, as it was seconds ago at most.
   *
   * @throws NoSuchFileException if there is none
   * @throws BadDataException if its server does not tell, or takes no ranges
   */
  static RemoteObject look(RemotePath path) throws NoSuchFileException {
    if (path.isPattern()) {
      throw new NoSuchFileException(path.toString());
    }
    return LOOKS
        .get(path, at -> Blocks.shared().requests().look(at))
        .orElseThrow(() -> new NoSuchFileException(path.toString()));
  }

  /** Makes the next {@link #look} of all objects ask their servers. */
  static void forget() {
    LOOKS.invalidateAll();
  }

  /**
   * The object that an answer to a request for its first byte tells of.
   *
   * @param hint to whom its server gives nothing without being shown more
   * @throws BadDataException if it is none that can be read by ranges
   */
  static RemoteObject of(RemotePath path, Reply reply, String hint) {
    if (reply.total() != 0) {
      String fault = fault(reply);
      if (!fault.isEmpty()) {
        boolean secret = reply.status() == 401 || reply.status() == 403;
        throw new BadDataException(path + ": " + fault + (secret ? hint : ""));
      }
      if (reply.total() < 0) {
        throw new BadDataException(path + ": its server does not say how long it is");
      }
    }
    return new RemoteObject(path, reply.total(), reply.tag(), reply.changedMillis());
  }

  /** What makes an answer none of a part, whatever the object; empty if nothing does. */
  private static String fault(Reply reply) {
    return switch (reply.status()) {
      case 206 ->
          reply.packed().isEmpty()
              ? ""
              : "its server packs it (Content-Encoding: %s), which has no places to read from; turn that off for it"
                  .formatted(reply.packed());
      case 200 ->
          "its server answers a range with the whole (200): it takes no range requests; use one that"
              + " does, or copy the file here";
      case 401, 403 ->
          "may not be read (%d); what its server wants to see is given by %s (docs/data.md)"
              .formatted(reply.status(), Access.VARIABLE);
      case 404, 410 -> "is gone (%d)".formatted(reply.status());
      default -> "its server answers %d, wanted 206".formatted(reply.status());
    };
  }

  /** What makes an answer none of this object from a byte on; empty if nothing does. */
  String fault(Reply reply, long from) {
    boolean sent = reply.status() == 200 || reply.status() == 206;
    if (sent && !reply.tag().equals(tag)
        || reply.status() == 206 && reply.total() != length
        || reply.status() == 416) {
      return "it changed while it was read (%s, then %s); begin again with what is there now"
          .formatted(version(tag, length), version(reply.tag(), reply.total()));
    }
    String fault = fault(reply);
    return fault.isEmpty() && reply.start() != from
        ? "its server sends another part, from byte %d on".formatted(reply.start())
        : fault;
  }

  private static String version(String tag, long length) {
    String bytes = length < 0 ? "another length" : length + " bytes";
    return tag.isEmpty() ? bytes : bytes + ", version " + tag;
  }
}
