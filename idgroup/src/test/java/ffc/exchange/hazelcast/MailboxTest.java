package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.exchange.hazelcast.Mailbox.Label;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MailboxTest {
  private final Mailbox mailbox = new Mailbox();

  private static Label label(long epoch, long tag) {
    return new Label(epoch, 77, Frames.CHUNK, tag, 1);
  }

  private static byte[] bytes(long tag) {
    return new byte[] {(byte) tag};
  }

  @Test
  void everyRecordIsGotUnderItsLabelWhateverTheOrderAndHoweverOftenItComes() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      Mailbox mailbox = new Mailbox();
      mailbox.begin(3);
      List<Long> coming = new ArrayList<>();
      for (long tag = 0; tag < 20; tag++) {
        for (int times = 1 + random.nextInt(2); times > 0; times--) {
          coming.add(tag);
        }
      }
      Collections.shuffle(coming, random);
      List<CompletableFuture<byte[]>> wanted = new ArrayList<>();
      int arrived = 0;
      for (long tag = 0; tag < 20; tag++) {
        for (int more = random.nextInt(4); more > 0 && arrived < coming.size(); more--, arrived++) {
          mailbox.put(label(3, coming.get(arrived)), bytes(coming.get(arrived)));
        }
        wanted.add(mailbox.get(label(3, tag)));
      }
      for (; arrived < coming.size(); arrived++) {
        mailbox.put(label(3, coming.get(arrived)), bytes(coming.get(arrived)));
      }
      for (int tag = 0; tag < 20; tag++) {
        assertThat(wanted.get(tag)).as("seed %d, record %d", seed, tag).isDone();
        assertThat(wanted.get(tag).join()).as("seed %d", seed).isEqualTo(bytes(tag));
      }
    }
  }

  @Test
  void recordsOfEarlierEpochsAreDroppedThoseOfLaterOnesKept() {
    mailbox.begin(3);
    mailbox.put(label(3, 1), bytes(1));
    mailbox.put(label(4, 1), bytes(2));
    mailbox.begin(4);
    assertThat(mailbox.get(label(4, 1)).join()).isEqualTo(bytes(2));
    mailbox.put(label(3, 2), bytes(3));
    assertThat(mailbox.get(label(3, 1))).isNotDone();
    assertThat(mailbox.get(label(3, 2))).isNotDone();
  }

  @Test
  void aRecordIsFoundByWhatItSaysOfItself() {
    Frames frames = new Frames("secret");
    byte[] frame = frames.seal(Frames.SUM, 0x1234_5678_9ABCL, 42, 7, 0, new byte[5]);
    assertThat(Frames.label(9, frame))
        .isEqualTo(new Label(9, 0x1234_5678_9ABCL, Frames.SUM, 42, 7));
  }
}
