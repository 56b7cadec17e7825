package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.checkpoint.Checkpoints;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.exchange.LocalExchange;
import ffc.loaders.data.Cursor;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointingTest {
  @TempDir Path folder;

  /** As when a first trainer comes back to others that have gone back further than it. */
  @Test
  void aCheckpointThatIsSetAsideIsNotTheNewestAnyMore() throws IOException {
    Checkpoints files = new Checkpoints(folder, 3);
    Path fifth = files.write(5, out -> {});
    Path tenth = files.write(10, out -> {});
    Checkpointing checkpointing = checkpointing();
    checkpointing.resumed(tenth, at(10));
    assertThat(checkpointing.has(10)).isTrue();

    checkpointing.begin(at(7));
    assertThat(checkpointing.has(10)).isFalse();
    assertThat(checkpointing.last()).isEqualTo(fifth).exists();

    checkpointing.begin(at(3));
    assertThat(checkpointing.has(5)).isFalse();
    assertThat(checkpointing.last()).isNull();
  }

  @Test
  void theOneThatARunGoesOnFromStays() throws IOException {
    Path tenth = new Checkpoints(folder.resolve("another"), 3).write(10, out -> {});
    Checkpointing checkpointing = checkpointing();
    checkpointing.resumed(tenth, at(10));
    checkpointing.begin(at(10));
    assertThat(checkpointing.last()).isEqualTo(tenth);
    assertThat(checkpointing.has(10)).isTrue();
  }

  private Checkpointing checkpointing() {
    RunConfig run = RunConfigBuilder.builder().steps(20L).checkpointEvery(5).build();
    LocalExchange exchange = new LocalExchange();
    StateSync sync = new StateSync(exchange, false);
    return new Checkpointing(
        run, folder, exchange, null, sync, TinyRun.silent(), (out, state) -> {});
  }

  private static TrainerState at(long step) {
    return new TrainerState(step, 0, 0, Cursor.START, "", Double.NaN, true);
  }
}
