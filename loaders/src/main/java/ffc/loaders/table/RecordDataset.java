package ffc.loaders.table;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.decode.Images;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** A data set of encoded images: a table of identities beside records of any source. */
public final class RecordDataset implements Dataset {
  private final Source source;
  private final String fingerprint;
  private final ImageTable table;
  private final IdentityTable identities;
  private final Records records;

  /**
   * @param cacheBytes encoded records to keep in memory, 0 for none
   */
  public RecordDataset(Source source, String fingerprint, ImageTable table, long cacheBytes) {
    this.source = source;
    this.fingerprint = fingerprint;
    this.table = table;
    this.identities = table.identities();
    Records plain = source.records(table);
    this.records = cacheBytes > 0 ? new RecordCache(plain, cacheBytes) : plain;
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public long identities() {
    return identities.identities();
  }

  @Override
  public long images() {
    return identities.images();
  }

  @Override
  public long firstImage(long identity) {
    return identities.firstImage(identity);
  }

  @Override
  public long identityOf(long image) {
    return identities.identityOf(image);
  }

  @Override
  public void decode(long image, ImageShape shape, ByteBuffer out, int offset) {
    try {
      Images.decode(records.read(image), shape, out, offset);
    } catch (IOException e) {
      throw fault(image, e.getMessage(), e);
    } catch (BadDataException e) {
      throw fault(image, e.getMessage(), e);
    } catch (InternalError e) {
      // How the JVM reports a mapped file that shrank.
      throw fault(image, "the file was cut while it was open", e);
    }
  }

  private BadDataException fault(long image, String message, Throwable cause) {
    return new BadDataException(describe(image) + ": " + message, cause);
  }

  @Override
  public boolean storesImages() {
    return true;
  }

  @Override
  public ByteBuffer encoded(long image) {
    try {
      ByteBuffer bytes = records.read(image);
      return ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    } catch (IOException e) {
      throw fault(image, e.getMessage(), e);
    }
  }

  @Override
  public String describe(long image) {
    return records.describe(image);
  }

  @Override
  public String identityName(long identity) {
    return source.identityName(identity, table);
  }

  @Override
  public List<String> notes() {
    return source.notes();
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public String contentSample() {
    Fingerprint hash = new Fingerprint();
    long count = Math.min(images(), SAMPLED);
    for (long i = 0; i < count; i++) {
      long image = (long) ((double) i / count * images());
      try {
        ByteBuffer bytes = records.read(image);
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        hash.add(copy);
      } catch (IOException | BadDataException e) {
        hash.add("unreadable");
      }
    }
    return hash.hex();
  }

  @Override
  public Map<String, Double> statistics() {
    return records instanceof RecordCache cache ? cache.statistics() : Map.of();
  }

  @Override
  public void close() {
    records.close();
  }
}
