package ffc.runs.record;

import ffc.engine.Closer;
import ffc.formats.FileProblem;
import ffc.formats.proto.ProtoMessage;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Event file of TensorBoard: TFRecords of protobuf events.
 *
 * <pre>
 * record  = u64 length, u32 masked CRC-32C of the length, data, u32 masked CRC-32C of the data
 * data    = Event { double wall_time = 1; int64 step = 2; string file_version = 3;
 *                   Summary summary = 5; SessionLog session_log = 7 }
 * Summary = { repeated Value value = 1 }, Value = { string tag = 1; float simple_value = 2 }
 * </pre>
 *
 * Little-endian; mask(crc) = rotateRight(crc, 15) + 0xa282ead8; the first event holds the version.
 */
final class EventFile implements Closeable {
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int SESSION_START = 1;

  private final Path file;
  private final FileChannel out;
  private final Clock clock;

  /**
   * Starts a new file in the folder.
   *
   * @param fromStep a resumed run's checkpoint: TensorBoard then drops what an earlier file of the
   *     folder holds for later steps
   */
  EventFile(Path folder, long fromStep, Clock clock) throws IOException {
    this.clock = clock;
    long seconds = clock.millis() / 1000;
    Path free = folder.resolve(name(seconds));
    while (Files.exists(free)) {
      free = folder.resolve(name(++seconds));
    }
    file = free;
    try {
      out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw FileProblem.writing(file, e);
    }
    try {
      write(event(0).text(3, "brain.Event:2"));
      if (fromStep > 0) {
        write(event(fromStep + 1).message(7, new ProtoMessage().integer(1, SESSION_START)));
      }
    } catch (Throwable e) {
      Closer.of(out).closeAfter(e);
      throw e;
    }
  }

  private static String name(long seconds) {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "localhost";
    }
    return "events.out.tfevents." + seconds + "." + host;
  }

  /** Writes the figures of a step in one event. */
  void scalars(long step, Map<String, Double> figures) throws IOException {
    ProtoMessage summary = new ProtoMessage();
    figures.forEach(
        (name, value) ->
            summary.message(1, new ProtoMessage().text(1, name).floatValue(2, value.floatValue())));
    write(event(step).message(5, summary));
  }

  private ProtoMessage event(long step) {
    return new ProtoMessage().doubleValue(1, clock.millis() / 1e3).integer(2, step);
  }

  private void write(ProtoMessage event) throws IOException {
    byte[] data = event.toByteArray();
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), 0, 8));
    record.put(data);
    record.putInt(maskedCrc(data, 0, data.length));
    record.flip();
    try {
      while (record.hasRemaining()) {
        out.write(record);
      }
    } catch (IOException e) {
      throw FileProblem.writing(file, e);
    }
  }

  static int maskedCrc(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
