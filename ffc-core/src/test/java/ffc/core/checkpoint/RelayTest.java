package ffc.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.exchange.ThreadExchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RelayTest {
  private static final int CHUNK = 1 << 20;

  /** One trainer alone, whose chunks are seen as they go. */
  private static GroupExchange watched(List<byte[]> met, boolean fails) {
    LocalExchange alone = new LocalExchange();
    return (GroupExchange)
        Proxy.newProxyInstance(
            RelayTest.class.getClassLoader(),
            new Class<?>[] {GroupExchange.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("meet")) {
                met.add((byte[]) arguments[0]);
                if (fails) {
                  throw new IllegalStateException("a trainer is gone");
                }
              }
              try {
                return method.invoke(alone, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @Test
  void whatOneWritesAllOthersRead() throws Exception {
    for (int length : new int[] {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 345}) {
      byte[] content = random(length);
      List<byte[]> all =
          ThreadExchange.together(
              3,
              false,
              exchange -> {
                if (exchange.rank() == 1) {
                  try (OutputStream out = Relay.to(exchange)) {
                    for (int i = 0; i < Math.min(5, length); i++) {
                      out.write(content[i]);
                    }
                    out.write(content, Math.min(5, length), length - Math.min(5, length));
                  }
                  return content;
                }
                try (InputStream in = Relay.from(exchange, 1)) {
                  ByteArrayOutputStream read = new ByteArrayOutputStream();
                  for (int i = 0; i < Math.min(3, length); i++) {
                    read.write(in.read());
                  }
                  in.transferTo(read);
                  assertThat(in.read()).isEqualTo(-1);
                  assertThat(in.read(new byte[1])).isEqualTo(-1);
                  return read.toByteArray();
                }
              });
      for (byte[] each : all) {
        assertThat(each).as("%d bytes", length).isEqualTo(content);
      }
    }
  }

  @Test
  void chunksAreBoundedAndAnEmptyOneEnds() throws IOException {
    List<byte[]> met = new ArrayList<>();
    try (OutputStream out = Relay.to(watched(met, false))) {
      out.write(random(2 * CHUNK + 5), 0, 2 * CHUNK + 5);
      out.write(1);
    }
    assertThat(met.stream().map(chunk -> chunk.length)).containsExactly(CHUNK, CHUNK, 5, 1, 0);
  }

  @Test
  void closingTwiceEndsOnce() throws IOException {
    List<byte[]> met = new ArrayList<>();
    OutputStream out = Relay.to(watched(met, false));
    out.close();
    out.close();
    assertThat(met).hasSize(1);
  }

  @Test
  void afterAFailureNothingIsSent() {
    List<byte[]> met = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              try (OutputStream out = Relay.to(watched(met, true))) {
                out.write(new byte[3 * CHUNK]);
              }
            })
        .hasMessage("a trainer is gone");
    assertThat(met).hasSize(1);
  }

  @Test
  void readsBoundsAsStreamsDo() throws IOException {
    try (InputStream in =
        Relay.shared(new LocalExchange(), 0, new ByteArrayInputStream(new byte[] {1, -2, 3}))) {
      byte[] into = new byte[4];
      assertThat(in.read(into, 0, 0)).isZero();
      assertThatThrownBy(() -> in.read(into, 3, 2)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThat(in.read(into, 1, 2)).isEqualTo(2);
      assertThat(into).containsExactly(0, 1, -2, 0);
      assertThat(in.read(into, 0, 4)).isEqualTo(1);
      assertThat(in.read(into, 0, 4)).isEqualTo(-1);
    }
  }

  /** All trainers take part in every chunk, so one that stops reading must not leave early. */
  @Test
  void closingTakesInTheRestAndClosesTheSource() throws IOException {
    List<byte[]> met = new ArrayList<>();
    AtomicBoolean closed = new AtomicBoolean();
    InputStream mine =
        new ByteArrayInputStream(random(2 * CHUNK + 5)) {
          @Override
          public void close() {
            closed.set(true);
          }
        };
    try (InputStream in = Relay.shared(watched(met, false), 0, mine)) {
      assertThat(in.read()).isBetween(0, 255);
    }
    assertThat(met.stream().map(chunk -> chunk.length)).containsExactly(CHUNK, CHUNK, 5, 0);
    assertThat(closed).isTrue();
  }

  @Test
  void aByteIsReadUnsigned() throws IOException {
    try (InputStream in =
        Relay.shared(new LocalExchange(), 0, new ByteArrayInputStream(new byte[] {-1, 5}))) {
      assertThat(in.read()).isEqualTo(255);
      assertThat(in.read()).isEqualTo(5);
      assertThat(in.read()).isEqualTo(-1);
    }
  }
}
