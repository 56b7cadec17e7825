package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.loss.Losses;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.dcq.DynamicClassQueueConfigBuilder;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfig;
import ffc.pfc.virtualfc.VirtualFcConfigBuilder;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What methods write into a checkpoint, and what they refuse to read. */
class MethodFilesTest extends MethodSteps {
  @Test
  void methodsGoOnFromWhatTheyWrote() throws IOException {
    DynamicClassQueueConfig dcq =
        DynamicClassQueueConfigBuilder.builder().capacity(12).galleryMomentum(0.75).build();
    VirtualFcConfig virtual = VirtualFcConfigBuilder.builder().columns(9).build();
    PartialFcConfig partial = PartialFcConfigBuilder.builder().sampleRate(0.5).build();
    List<MethodContext.Factory> factories =
        List.of(
            c -> new DynamicClassQueue(dcq, c),
            c -> new VirtualFc(virtual, c),
            c -> new PartialFc(partial, c));
    for (MethodContext.Factory factory : factories) {
      try (Method method = factory.create(context(1));
          Method other = factory.create(context(1))) {
        step(method, 1, A, A, true);
        step(method, 1, B, C, true);
        other.load(CheckpointReader.open(new Checkpoints(temp, 1).writeBest(method::save)));
        for (long[] ids : List.of(A, C)) {
          Losses wanted = step(method, 1, ids, ids, true);
          assertThat(step(other, 1, ids, ids, true)).isEqualTo(wanted);
          assertThat(wanted.total()).isNotZero();
        }
      }
    }
  }

  private interface Content {
    void write(DataOutputStream out) throws IOException;
  }

  private void refused(Method method, String name, Content content, String message)
      throws IOException {
    Path folder =
        new Checkpoints(temp, 1)
            .writeBest(
                out -> {
                  try (DataOutputStream file = out.file(name, 1)) {
                    content.write(file);
                  }
                });
    assertThatThrownBy(() -> method.load(CheckpointReader.open(folder)))
        .isInstanceOf(BadCheckpointException.class)
        .hasMessageContaining(folder.resolve(name) + ": cannot be read: " + message);
  }

  private static void queueFile(
      DataOutputStream out, long step, int capacity, long filled, int next) throws IOException {
    out.writeLong(step);
    out.writeInt(capacity);
    out.writeLong(filled);
    out.writeInt(next);
    for (int i = 0; i < capacity; i++) {
      out.writeLong(i);
    }
  }

  @Test
  void queuesThatCannotBeAreRefused() throws IOException {
    DynamicClassQueueConfig config = DynamicClassQueueConfigBuilder.builder().capacity(5).build();
    try (DynamicClassQueue queue = new DynamicClassQueue(config, context(1))) {
      String problem = "step %d, %d of 5 places filled, next %d";
      for (long[] bad : new long[][] {{-1, 0, 0}, {0, -1, 0}, {0, 6, 0}, {0, 0, -1}, {0, 0, 5}}) {
        refused(
            queue,
            "queue.bin",
            out -> queueFile(out, bad[0], 5, bad[1], (int) bad[2]),
            problem.formatted(bad[0], bad[1], bad[2]));
      }
      refused(
          queue,
          "queue.bin",
          out -> {
            queueFile(out, 0, 5, 5, 4);
            out.write(0);
          },
          "1 bytes follow");
      Path folder =
          new Checkpoints(temp, 1)
              .writeBest(
                  out -> {
                    try (DataOutputStream file = out.file("queue.bin", 1)) {
                      queueFile(file, 0, 6, 0, 0);
                    }
                  });
      assertThatThrownBy(() -> queue.load(CheckpointReader.open(folder)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(folder + ": the queue has 6 places, method.capacity is 5");
    }
  }

  @Test
  void columnsThatCannotBeAreRefused() throws IOException {
    try (VirtualFc method =
        new VirtualFc(VirtualFcConfigBuilder.builder().columns(8).build(), context(1))) {
      refused(
          method,
          "columns.bin",
          out -> {
            out.writeInt(8);
            out.writeLong(-1);
            out.writeLong(10);
          },
          "column 1 holds identity 10");
      refused(
          method,
          "columns.bin",
          out -> {
            out.writeInt(8);
            for (int i = 0; i < 8; i++) {
              out.writeLong(8 + i);
            }
            out.write(0);
          },
          "1 bytes follow");
      Path folder =
          new Checkpoints(temp, 1)
              .writeBest(
                  out -> {
                    try (DataOutputStream file = out.file("columns.bin", 1)) {
                      file.writeInt(9);
                    }
                  });
      assertThatThrownBy(() -> method.load(CheckpointReader.open(folder)))
          .hasMessage(folder + ": has 9 columns, method.columns is 8");
    }
    try (PartialFc method = partialFc(0.5, null)) {
      refused(method, "classes.bin", out -> out.writeLong(-1), "step -1");
    }
  }
}
