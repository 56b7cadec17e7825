package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {
  private static final byte[] PAYLOAD = "some features".getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "secret")
  void everyFlippedBitAndEveryTruncationIsRefused(String secret) {
    Frames frames = new Frames(secret);
    byte[] whole = frames.seal(Frames.GROUP, 7, 123, 2, 5, PAYLOAD);
    Frames.Content content = frames.open(whole, Frames.GROUP, 7, 123, 2, "record");
    byte[] read = new byte[content.payload().remaining()];
    content.payload().get(read);
    assertThat(read).isEqualTo(PAYLOAD);
    assertThat(content.flags()).isEqualTo(5);
    Random random = new Random(3);
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= (byte) (1 << random.nextInt(8));
      byte[] cut = Arrays.copyOf(whole, i);
      for (byte[] bad : new byte[][] {damaged, cut}) {
        assertThatIllegalArgumentException()
            .as("byte %d", i)
            .isThrownBy(() -> frames.open(bad, Frames.GROUP, 7, 123, 2, "record of rank 2"))
            .withMessageStartingWith("cluster: record of rank 2 ");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aRecordOfAnotherKindEpochStepOrRankIsRefused(int field) {
    Frames frames = new Frames(null);
    byte[] frame =
        frames.seal(
            field == 0 ? Frames.CHUNK : Frames.GROUP,
            field == 1 ? 8 : 7,
            field == 2 ? 124 : 123,
            field == 3 ? 1 : 2,
            0,
            PAYLOAD);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> frames.open(frame, Frames.GROUP, 7, 123, 2, "record"))
        .withMessageContaining("wanted " + new long[] {1, 7, 123, 2}[field]);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "wrong")
  void aRecordSignedWithAnotherSecretIsRefused(String secret) {
    byte[] frame = new Frames(secret).seal(Frames.GROUP, 7, 123, 2, 0, PAYLOAD);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Frames("right").open(frame, Frames.GROUP, 7, 123, 2, "record"))
        .withMessageContaining("cluster.secret");
  }
}
