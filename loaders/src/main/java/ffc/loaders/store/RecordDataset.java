package ffc.loaders.store;

import ffc.loaders.BadDataException;
import ffc.loaders.Dataset;
import ffc.loaders.ImageShape;
import ffc.loaders.image.ImageDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A data set of encoded images: a table of identities beside records of any source. */
public final class RecordDataset implements Dataset {
  private final String name;
  private final String fingerprint;
  private final IdentityTable table;
  private final Records records;

  /** Takes ownership of {@code records}. */
  public RecordDataset(String name, String fingerprint, IdentityTable table, Records records) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.table = table;
    this.records = records;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long identities() {
    return table.identities();
  }

  @Override
  public long images() {
    return table.images();
  }

  @Override
  public long firstImage(long identity) {
    return table.firstImage(identity);
  }

  @Override
  public long identityOf(long image) {
    return table.identityOf(image);
  }

  @Override
  public void decode(long image, ImageShape shape, ByteBuffer out, int offset) {
    try {
      ImageDecoder.ofThread().decode(records.read(image), shape, out, offset);
    } catch (IOException e) {
      throw new BadDataException(describe(image) + ": " + e.getMessage(), e);
    }
  }

  /** The encoded bytes of an image, as {@link Records#read}. */
  public ByteBuffer encoded(long image) {
    try {
      return records.read(image);
    } catch (IOException e) {
      throw new BadDataException(describe(image) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String describe(long image) {
    return records.describe(image);
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public void close() {
    records.close();
  }
}
