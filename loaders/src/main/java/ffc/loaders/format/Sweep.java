package ffc.loaders.format;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Progress;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;

/** An open set whose records are read by its own list, whatever is wrong with others. */
public interface Sweep extends Closeable {
  /**
   * Reads every record that the set lists, in parallel; faults of frames, headers and images are
   * told one by one.
   *
   * @param records counts the records that hold images
   * @param faults hears the message and the order of each fault, from any thread
   */
  void forEachRecord(
      int threads,
      Progress progress,
      ImageCheck check,
      AtomicLong records,
      ObjLongConsumer<String> faults);

  @Override
  void close();

  /** Looks at one encoded image; its place is for messages. */
  interface ImageCheck {
    /**
     * @throws BadDataException if something is wrong with it
     */
    void check(ByteBuffer image, Supplier<String> place);
  }
}
