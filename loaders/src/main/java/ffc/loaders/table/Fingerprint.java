package ffc.loaders.table;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;

/** Collects what identifies a data set into 16 hexadecimal digits (SipHash-2-4). */
public final class Fingerprint {
  private final Hasher hasher = Hashing.sipHash24().newHasher();

  public Fingerprint add(long value) {
    hasher.putLong(value);
    return this;
  }

  public Fingerprint add(String value) {
    hasher.putInt(value.length()).putString(value, StandardCharsets.UTF_8);
    return this;
  }

  public Fingerprint add(byte[] bytes) {
    hasher.putInt(bytes.length).putBytes(bytes);
    return this;
  }

  /** Ends the collection. */
  public String hex() {
    return hasher.hash().toString();
  }
}
