package ffc.runs.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ffc.loaders.image.ImageDecoder;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class RunDirectoryTest {
  @TempDir Path temp;

  private final Experiment experiment =
      new ConfigLoader().load(Path.of("../configs/quickstart.yaml"), List.of(), false);

  @Test
  void theResolvedConfigReadsBack() throws Exception {
    try (RunDirectory run = RunDirectory.create(temp.resolve("a"))) {
      run.writeConfig(experiment);
    }

    assertThat(RunDirectory.config(temp.resolve("a"))).isEqualTo(experiment);
  }

  @Test
  void aFolderWithARunIsNotOverwritten() throws Exception {
    try (RunDirectory run = RunDirectory.create(temp)) {
      run.writeConfig(experiment);
    }

    assertThatIllegalArgumentException()
        .isThrownBy(() -> RunDirectory.create(temp))
        .withMessageContaining("holds a run already; add --resume");
    Path other = Files.createDirectories(temp.resolve("other"));
    Files.createDirectories(other.resolve("rank-1")); // of a start that failed
    Files.writeString(other.resolve("output.log"), "of a trainer that another process starts");
    RunDirectory.create(other).close();
    Files.writeString(other.resolve("notes.txt"), "mine");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RunDirectory.create(other).close())
        .withMessageContaining("holds other files, such as notes.txt");
    RunDirectory.reopen(temp).close();
  }

  @Test
  void onlyRunsCanBeReopened() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RunDirectory.reopen(temp))
        .withMessageContaining("no run to resume here");
  }

  @Test
  void oneProcessAtATimeTrainsInAFolder() throws Exception {
    try (RunDirectory held = RunDirectory.create(temp)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RunDirectory.create(held.folder()))
          .withMessageContaining("another process is training");
    }
    RunDirectory.create(temp).close();
  }

  @Test
  void aRunIsHeldWhileAProcessTrainsInIt() throws Exception {
    assertThat(RunDirectory.isHeld(temp)).as("no lock file").isFalse();
    try (RunDirectory run = RunDirectory.create(temp)) {
      assertThat(RunDirectory.isHeld(run.folder())).isTrue();
    }
    assertThat(RunDirectory.isHeld(temp)).isFalse();
    RunDirectory.create(temp).close();
  }

  @Test
  void aFileIsNoPlaceForARun() throws Exception {
    Path file = Files.writeString(temp.resolve("f"), "x");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> RunDirectory.create(file))
        .withMessageContaining("is a file, wanted a folder");
  }

  @Test
  void theManifestNamesProgramMachineAndDataAndListsResumes() throws Exception {
    Path file = temp.resolve("manifest.json");
    Manifest manifest =
        new Manifest(
            "0.1.0",
            "0.35.1",
            "2.7.1",
            Path.of("lib"),
            "ffc train x.yaml",
            temp,
            Map.of("train", "abc"),
            "");

    manifest.write(file, 0, Instant.parse("2026-01-01T00:00:00Z"), line -> {});
    manifest.write(file, 40, Instant.parse("2026-01-02T00:00:00Z"), line -> {});

    JsonNode json = Json.parse(Files.readString(file));
    assertThat(json.path("started").asString()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(json.path("data").path("train").asString()).isEqualTo("abc");
    assertThat(json.path("hardware").path("cores").asInt()).isPositive();
    assertThat(json.has("git_commit")).as("temp is no repository").isFalse();
    assertThat(json.path("resumed")).hasSize(1);
    assertThat(json.path("resumed").get(0).path("from_step").asInt()).isEqualTo(40);
  }

  @Test
  void aResumeHearsOfAnotherJpegDecoder() throws Exception {
    Path file = temp.resolve("manifest.json");
    Manifest manifest =
        new Manifest(
            "0.1.0",
            "0.35.1",
            "2.7.1",
            Path.of("lib"),
            "ffc train x.yaml",
            temp,
            Map.of("train", "abc"),
            "");
    assertThat(Manifest.otherJpegDecoder(file)).as("no manifest yet").isEmpty();

    manifest.write(file, 0, Instant.parse("2026-01-01T00:00:00Z"), line -> {});
    assertThat(Manifest.otherJpegDecoder(file)).isEmpty();

    String own = "\"jpeg_decoder\" : \"" + ImageDecoder.jpegDecoder() + "\"";
    String text = Files.readString(file);
    assertThat(text).contains(own);
    Files.writeString(file, text.replace(own, "\"jpeg_decoder\" : \"another\""));
    assertThat(Manifest.otherJpegDecoder(file)).contains("another");

    manifest.write(file, 40, Instant.parse("2026-01-02T00:00:00Z"), line -> {});
    assertThat(Manifest.otherJpegDecoder(file)).as("the last process counts").isEmpty();

    Files.writeString(file, "{damaged");
    assertThat(Manifest.otherJpegDecoder(file)).isEmpty();
  }

  @Test
  void fingerprintsFollowTheContentNotTheName() throws Exception {
    Path a = Files.writeString(temp.resolve("a"), "pairs");
    Path b = Files.writeString(temp.resolve("b"), "pairs");
    Path c = Files.writeString(temp.resolve("c"), "other");

    assertThat(FileFingerprint.of(a)).isEqualTo(FileFingerprint.of(b)).hasSize(16);
    assertThat(FileFingerprint.of(c)).isNotEqualTo(FileFingerprint.of(a));
  }

  @Test
  void aFolderThatIsRefusedOrClosedHasNoFileOpen(@TempDir Path folder) throws IOException {
    try (RunDirectory first = RunDirectory.create(folder)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RunDirectory.create(folder))
          .withMessageContaining("another process is training");
      assertThat(openBelow(folder)).hasSize(1);
    }
    assertThat(openBelow(folder)).isEmpty();
  }

  private static List<Path> openBelow(Path folder) throws IOException {
    List<Path> open = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          Path file = Files.readSymbolicLink(descriptor);
          if (file.startsWith(folder.toRealPath())) {
            open.add(file);
          }
        } catch (NoSuchFileException e) {
          // closed meanwhile
        }
      }
    }
    return open;
  }
}
