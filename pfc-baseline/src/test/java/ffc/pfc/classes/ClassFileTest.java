package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.checkpoint.CheckpointInput;
import ffc.exchange.LocalExchange;
import ffc.exchange.ThreadExchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Class centres in a checkpoint. */
@Timeout(60)
class ClassFileTest {
  private static ClassCenters centers(ClassRange range, RowRule rule, RowWorkers workers) {
    return new ClassCenters(range, 3, 5, rule, false, new TableMemory.Native(), workers);
  }

  private static byte[] saved(int trainers, long classes, RowRule rule) throws Exception {
    List<byte[]> files =
        ThreadExchange.together(
            trainers,
            false,
            exchange -> {
              try (RowWorkers workers = new RowWorkers(1)) {
                ClassCenters mine =
                    centers(ClassRange.of(classes, exchange.rank(), trainers), rule, workers);
                for (long cls = 1; cls < classes; cls += 3) {
                  if (mine.range().contains(cls)) {
                    mine.set(cls, new float[] {cls, -cls, 0.5f});
                  }
                }
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                new ClassFile(exchange, classes).save(new DataOutputStream(out), mine);
                return out.toByteArray();
              }
            });
    return files.get(0);
  }

  private static CheckpointInput input(byte[] bytes) {
    return CheckpointInput.of(new ByteArrayInputStream(bytes), bytes.length, Path.of("c.bin"));
  }

  @Test
  void aFileOfClassesDoesNotSayWhoHeldThem() throws Exception {
    for (RowRule rule :
        List.of(new RowRule.SgdRows(0.9f, true, 0), new RowRule.AdamWRows(0.9, 0.99, 1e-8, 0.05))) {
      byte[] alone = saved(1, 130, rule);
      assertThat(saved(3, 130, rule)).isEqualTo(alone);
      int trainers = 2;
      ThreadExchange.together(
          trainers,
          false,
          exchange -> {
            try (RowWorkers workers = new RowWorkers(1)) {
              ClassRange range = ClassRange.of(130, exchange.rank(), trainers);
              ClassCenters mine = centers(range, rule, workers);
              mine.set(range.from(), new float[] {9, 9, 9});
              new ClassFile(exchange, 130).load(input(alone), mine);
              long values = 0;
              for (long cls = range.from(); cls < range.to(); cls++) {
                if (cls % 3 == 1) {
                  values++;
                  assertThat(mine.row(cls)).containsExactly((float) cls, (float) -cls, 0.5f);
                }
              }
              assertThat(mine.initialisedRows()).isEqualTo(values);
              float[] fresh = new float[3];
              InitialRows.fill(fresh, 5, 0, ClassCenters.INITIAL);
              if (range.contains(0)) {
                assertThat(mine.row(0)).isEqualTo(fresh);
              }
              return null;
            }
          });
    }
  }

  @Test
  void aFileOfClassesThatMakesNoSenseIsRefused() throws Exception {
    RowRule rule = new RowRule.SgdRows(0.9f, true, 0);
    byte[] sound = saved(1, 130, rule);
    ClassFile file = new ClassFile(new LocalExchange(), 130);
    try (RowWorkers workers = new RowWorkers(1)) {
      ClassCenters mine = centers(ClassRange.all(130), rule, workers);
      byte[] format = sound.clone();
      format[3] = 2;
      assertThatThrownBy(() -> file.load(input(format), mine))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("c.bin: class centres of format 2, expected 1");
      byte[] longer = Arrays.copyOf(sound, sound.length + 1);
      // 43 rows of three values and three of momentum.
      assertThatThrownBy(() -> file.load(input(longer), mine))
          .isInstanceOf(BadCheckpointException.class)
          .hasMessageEndingWith(43 * 24 + 1 + " bytes of class centres, expected 43 rows of 24");
      byte[] beyond = sound.clone();
      beyond[24 + 16] |= (byte) 0x80; // the flag of class 191 of 130
      assertThatThrownBy(() -> file.load(input(Arrays.copyOf(beyond, sound.length + 24)), mine))
          .isInstanceOf(BadCheckpointException.class);
      ClassCenters plain = centers(ClassRange.all(130), new RowRule.SgdRows(0, false, 0), workers);
      assertThatThrownBy(() -> file.load(input(sound), plain))
          .hasMessage(
              "c.bin: class centres with 1 optimiser states a row, optimizer.type asks for 0;"
                  + " resume with the optimiser of the checkpoint");
      assertThatThrownBy(() -> new ClassFile(new LocalExchange(), 131).load(input(sound), mine))
          .hasMessage("c.bin: holds 130 class centres of 3 values, the experiment has 131 of 3");
      file.load(input(sound), mine);
    }
  }
}
