package ffc.loaders.table;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Encoded images by number. Thread-safe. */
public interface Records extends AutoCloseable {

  /**
   * The encoded bytes of one image, from position to limit; read-only to the caller and valid until
   * the calling thread reads again.
   *
   * @throws IOException if the record cannot be read; the message need not name the record
   */
  ByteBuffer read(long image) throws IOException;

  /** The record's place for messages. */
  String describe(long image);

  @Override
  void close();
}
