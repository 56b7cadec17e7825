package ffc.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void folder() {
    folder = temp.resolve("checkpoints");
  }

  private static Checkpoints.Content state(long step) {
    return out -> out.properties("state", Map.of("step", Long.toString(step)));
  }

  private String stepIn(String checkpoint) throws IOException {
    return CheckpointReader.open(folder.resolve(checkpoint)).properties("state").get("step");
  }

  private static Stream<String> namesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }

  @Test
  void keepsTheNewestAndOrdersThemByStepNotByName() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 3);
    assertThat(checkpoints.latest()).isEmpty();
    for (long step : new long[] {7, 99_999_999, 100_000_000, 123_456_789_012L}) {
      assertThat(checkpoints.write(step, state(step)))
          .isEqualTo(folder.resolve("step-%08d".formatted(step)));
    }
    assertThat(checkpoints.list())
        .containsExactly(
            folder.resolve("step-99999999"),
            folder.resolve("step-100000000"),
            folder.resolve("step-123456789012"));
    assertThat(checkpoints.latest()).contains(folder.resolve("step-123456789012"));
    assertThat(namesIn(folder)).hasSize(3);
  }

  @Test
  void checkpointsOfLaterStepsDoNotPushOutTheOneThatIsWritten() throws IOException {
    Checkpoints many = new Checkpoints(folder, 9);
    for (long step : new long[] {10, 20, 30, 40}) {
      many.write(step, state(step));
    }
    new Checkpoints(folder, 2).write(25, state(25));
    assertThat(namesIn(folder))
        .containsExactlyInAnyOrder(
            "step-00000020", "step-00000025", "step-00000030", "step-00000040");
  }

  @Test
  void aCheckpointOfTheSameStepIsReplaced() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    checkpoints.write(5, state(1));
    checkpoints.write(5, state(2));
    assertThat(stepIn("step-00000005")).isEqualTo("2");
    assertThat(namesIn(folder)).containsExactly("step-00000005");
  }

  @Test
  void aReplacementIsRepeatedAfterAKillThatLeftTheOneBefore() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    Files.createDirectories(folder.resolve(".old-best/sub"));
    checkpoints.writeBest(state(1));
    Files.createDirectories(folder.resolve(".old-best/sub"));
    checkpoints.writeBest(state(2));
    assertThat(stepIn("best")).isEqualTo("2");
    assertThat(namesIn(folder)).containsExactly("best");
  }

  @Test
  void aFailureWhileWritingLeavesTheOldOneAndNothingElse() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    checkpoints.write(5, state(1));
    assertThatThrownBy(
            () ->
                checkpoints.write(
                    5,
                    out -> {
                      out.properties("half", Map.of());
                      throw new IllegalStateException("no more");
                    }))
        .hasMessage("no more");
    assertThat(stepIn("step-00000005")).isEqualTo("1");
    assertThat(namesIn(folder)).containsExactly("step-00000005");
  }

  @Test
  void whatAKilledRunLeftOfTheSameCheckpointIsNoPartOfTheNextOne() throws IOException {
    Path torn = Files.createDirectories(folder.resolve(".writing-step-00000005"));
    Files.writeString(torn.resolve("state.properties"), "step=");
    new Checkpoints(folder, 2).write(5, state(5));
    assertThat(namesIn(folder)).containsExactly("step-00000005");
    assertThat(namesIn(folder.resolve("step-00000005")))
        .containsExactlyInAnyOrder("state.properties", "checksums.txt");
  }

  /** A trainer that has written checkpoints need not do so after a resume. */
  @Test
  void whatAKilledRunLeftHalfWrittenGoesWhenItGoesOn() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    checkpoints.write(5, state(5));
    Files.createDirectories(folder.resolve(".writing-step-00000010/sub"));
    Files.createDirectories(folder.resolve(".writing-best"));
    assertThat(checkpoints.setAsideAfter(5, checkpoints.aside(5))).isEmpty();
    assertThat(namesIn(folder)).containsExactly("step-00000005");
  }

  @Test
  void aFolderThatCannotBeMadeIsNamedOnce() throws IOException {
    Files.writeString(temp.resolve("file"), "");
    Path inFile = temp.resolve("file/checkpoints");
    assertThatThrownBy(() -> new Checkpoints(inFile, 2).write(5, state(5)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(inFile.resolve(".writing-step-00000005") + ": cannot be written: ");
  }

  @Test
  void aTargetThatCannotBeRenamedToIsNamed() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    assertThatThrownBy(
            () ->
                checkpoints.write(
                    5,
                    out -> {
                      state(5).write(out);
                      Files.createDirectories(
                          folder.resolve(".writing-step-00000005/checksums.txt"));
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("checksums.txt: cannot be written: ");
    assertThat(namesIn(folder)).isEmpty();
  }

  @Test
  void theBestOneStandsBesideTheOthers() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 1);
    assertThat(checkpoints.hasBest()).isFalse();
    assertThat(checkpoints.writeBest(state(3))).isEqualTo(folder.resolve("best"));
    checkpoints.write(4, state(4));
    checkpoints.write(5, state(5));
    assertThat(checkpoints.hasBest()).isTrue();
    assertThat(checkpoints.list()).containsExactly(folder.resolve("step-00000005"));
    assertThat(stepIn("best")).isEqualTo("3");
  }

  @Test
  void onlyFoldersNamedByAStepAreCheckpoints() throws IOException {
    Files.createDirectories(folder.resolve("step-12"));
    Files.createDirectories(folder.resolve("step-"));
    Files.createDirectories(folder.resolve("step-1x"));
    Files.createDirectories(folder.resolve("step-1234567890123456789"));
    Files.createDirectories(folder.resolve("a-step-13"));
    Files.writeString(folder.resolve("step-14"), "");
    assertThat(new Checkpoints(folder, 1).list()).containsExactly(folder.resolve("step-12"));
  }

  @Test
  void aReplacementThatAKillCutOffIsUndone() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 5);
    for (long step : new long[] {1, 2}) {
      checkpoints.write(step, state(step));
    }
    Files.move(folder.resolve("step-00000001"), folder.resolve(".old-step-00000001"));
    Files.createDirectories(folder.resolve(".old-step-00000002/sub"));
    assertThat(checkpoints.list())
        .containsExactly(folder.resolve("step-00000001"), folder.resolve("step-00000002"));
    assertThat(stepIn("step-00000001")).isEqualTo("1");
    assertThat(stepIn("step-00000002")).isEqualTo("2");
    assertThat(namesIn(folder)).hasSize(2);
  }

  @Test
  void whatIsOfLaterStepsIsSetAside() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 5);
    for (long step : new long[] {1, 2, 3}) {
      checkpoints.write(step, state(step));
    }
    checkpoints.writeBest(state(2));
    Path aside = checkpoints.aside(2);
    assertThat(aside).isEqualTo(folder.resolve("set-aside/after-step-00000002"));
    assertThat(checkpoints.setAsideAfter(2, aside)).containsExactly("step-00000003");
    assertThat(namesIn(aside)).containsExactly("step-00000003");

    Path next = checkpoints.aside(2);
    assertThat(next).isEqualTo(folder.resolve("set-aside/after-step-00000002-2"));
    assertThat(checkpoints.setAsideAfter(2, next)).isEmpty();
    assertThat(next).doesNotExist();
    assertThat(checkpoints.setAsideAfter(1, next)).containsExactly("step-00000002", "best");
    assertThat(checkpoints.aside(2)).isEqualTo(folder.resolve("set-aside/after-step-00000002-3"));
    assertThat(checkpoints.list()).containsExactly(folder.resolve("step-00000001"));
  }

  @Test
  void aBestOneThatDoesNotSayItsStepIsSetAside() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 5);
    for (Checkpoints.Content content :
        new Checkpoints.Content[] {
          out -> out.properties("other", Map.of()),
          out -> out.properties("state", Map.of("step", "many", "steps", "1"))
        }) {
      checkpoints.writeBest(content);
      Path aside = checkpoints.aside(1_000_000);
      assertThat(checkpoints.setAsideAfter(1_000_000, aside)).containsExactly("best");
    }
  }

  @Test
  void deletesATreeOrNothing() throws IOException {
    Path tree = Files.createDirectories(temp.resolve("tree/a/b"));
    Files.writeString(tree.resolve("c"), "");
    Checkpoints.deleteTree(temp.resolve("tree"));
    Checkpoints.deleteTree(temp.resolve("tree"));
    assertThat(temp.resolve("tree")).doesNotExist();
  }
}
