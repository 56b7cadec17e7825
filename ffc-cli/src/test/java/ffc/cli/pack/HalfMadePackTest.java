package ffc.cli.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packs of a clone from which something is missing, so that packing ends amid its work. */
class HalfMadePackTest {
  @TempDir Path temp;
  private Path home;
  private Path program;

  @BeforeEach
  void makeAClone() throws IOException {
    home = Files.createDirectories(temp.resolve("home"));
    for (String file : List.of("ffc", "LICENSE", "natives/a.cpp", "configs/a.yaml")) {
      Files.createDirectories(home.resolve(file).getParent());
      Files.writeString(home.resolve(file), file);
    }
    program = home.resolve("ffc-cli.jar");
  }

  @Test
  void nothingIsLeftOfAPackThatCouldNotBeFinished() throws IOException {
    Path there = Files.createDirectories(temp.resolve("there"));
    Files.writeString(there.resolve("other"), "stays");
    for (Path missing : List.of(home.resolve("configs/a.yaml"), program)) {
      Files.deleteIfExists(missing);
      if (missing.equals(home.resolve("configs/a.yaml"))) {
        Files.delete(missing.getParent());
      }
      for (Path out : List.of(there.resolve("pack"), temp.resolve("new/pack"))) {
        assertThatThrownBy(() -> new Pack(home, program).write(out, false))
            .isInstanceOf(NoSuchFileException.class);
      }
      assertThat(names(there)).containsExactly("other");
      assertThat(temp.resolve("new")).doesNotExist();
      Files.createDirectories(home.resolve("configs"));
    }
  }

  @Test
  void aFolderThatWasThereAndEmptyStays() throws IOException {
    Path out = Files.createDirectories(temp.resolve("there/pack"));
    assertThatThrownBy(() -> new Pack(home, program).write(out, false))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(names(out.getParent())).containsExactly("pack");
    assertThat(names(out)).isEmpty();
  }

  @Test
  void placesAndProgramsThatCannotBePackedAreRefusedBeforeAnythingIsMade() throws IOException {
    Path out = temp.resolve("there/pack");
    Files.createDirectories(out);
    Files.writeString(out.resolve("mine"), "mine");
    assertThatThrownBy(() -> Pack.requireEmpty(out))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--out " + out + ": holds files, such as mine; wanted a new or empty folder");
    assertThatThrownBy(() -> new Pack(home, program).write(out, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(names(out)).containsExactly("mine");
    Files.createDirectories(home.resolve("program"));
    assertThatThrownBy(() -> new Pack(home, program))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(home + " is packed already: copy it as it is");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
