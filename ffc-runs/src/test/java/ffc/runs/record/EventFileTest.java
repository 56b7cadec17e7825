package ffc.runs.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1_700_000_000_250L), ZoneOffset.UTC);

  @TempDir Path folder;

  @Test
  void crcIsThatOfTheCastagnoliPolynomialWithTensorFlowsMask() {
    byte[] text = "123456789".getBytes(StandardCharsets.US_ASCII);
    int crc = 0xe3069283; // check value of CRC-32C in the catalogue of CRC algorithms

    int masked = EventFile.maskedCrc(text, 0, text.length);

    assertThat(masked).isEqualTo(((crc >>> 15) | (crc << 17)) + 0xa282ead8);
  }

  @Test
  void holdsTheVersionAndOneEventAStep() throws Exception {
    try (EventFile file = new EventFile(folder, 0, CLOCK)) {
      file.scalars(7, Map.of("loss/existing", 2.5));
    }

    List<byte[]> records = records();

    assertThat(records).hasSize(2);
    assertThat(texts(records.get(0), 3)).containsExactly("brain.Event:2");
    CodedInputStream event = CodedInputStream.newInstance(records.get(1));
    event.readTag();
    assertThat(event.readDouble()).isEqualTo(1_700_000_000.25);
    event.readTag();
    assertThat(event.readInt64()).isEqualTo(7);
    assertThat(WireFormat.getTagFieldNumber(event.readTag())).isEqualTo(5);
    CodedInputStream summary = CodedInputStream.newInstance(event.readByteArray());
    assertThat(WireFormat.getTagFieldNumber(summary.readTag())).isEqualTo(1);
    CodedInputStream value = CodedInputStream.newInstance(summary.readByteArray());
    value.readTag();
    assertThat(value.readString()).isEqualTo("loss/existing");
    value.readTag();
    assertThat(value.readFloat()).isEqualTo(2.5f);
    assertThat(event.isAtEnd()).isTrue();
  }

  @Test
  void aResumedRunStartsAnotherFileThatPurgesLaterSteps() throws Exception {
    new EventFile(folder, 0, CLOCK).close();
    new EventFile(folder, 40, CLOCK).close();

    List<byte[]> records = records();

    assertThat(records).hasSize(3);
    CodedInputStream event = CodedInputStream.newInstance(records.get(2));
    event.readTag();
    event.readDouble();
    event.readTag();
    assertThat(event.readInt64()).isEqualTo(41);
    assertThat(WireFormat.getTagFieldNumber(event.readTag())).isEqualTo(7);
    assertThat(event.readByteArray()).containsExactly(8, 1); // status: START
  }

  /** The data of all records, checksums verified. */
  private List<byte[]> records() throws Exception {
    List<byte[]> records = new ArrayList<>();
    try (var files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        assertThat(file.getFileName().toString()).startsWith("events.out.tfevents.17000000");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
          int start = bytes.position();
          byte[] data = new byte[(int) bytes.getLong()];
          assertThat(bytes.getInt()).isEqualTo(EventFile.maskedCrc(bytes.array(), start, 8));
          bytes.get(data);
          assertThat(bytes.getInt()).isEqualTo(EventFile.maskedCrc(data, 0, data.length));
          records.add(data);
        }
      }
    }
    return records;
  }

  private static List<String> texts(byte[] message, int field) throws Exception {
    List<String> texts = new ArrayList<>();
    CodedInputStream in = CodedInputStream.newInstance(message);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == field) {
        texts.add(in.readString());
      } else {
        in.skipField(tag);
      }
    }
    return texts;
  }
}
