package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.experiment.ConfigLoader;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunRecorder;
import ffc.runs.record.ScriptedRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of several places, chosen, sorted, noted and tagged. */
class RunsCommandTest {
  @TempDir Path temp;
  private Path here;
  private Path elsewhere;

  @BeforeEach
  void runs() throws Exception {
    here = temp.resolve("here");
    elsewhere = temp.resolve("elsewhere");
    run(here.resolve("long"), 100, 1, "seed=3");
    run(here.resolve("short"), 40, 2, "seed=4");
    run(elsewhere.resolve("middle"), 60, 3, "seed=3");
  }

  private static void run(Path folder, long steps, int day, String setting) throws Exception {
    try (RunDirectory run = RunDirectory.create(folder);
        RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
      run.writeConfig(
          new ConfigLoader().load(Path.of("../configs/quickstart.yaml"), List.of(setting), false));
      new ScriptedRun(0, steps, steps, 20).play(recorder, run.checkpoints());
      Path manifest = Files.writeString(run.file("manifest.json"), "{}");
      Files.setLastModifiedTime(manifest, FileTime.from(Instant.ofEpochSecond(86_400L * day)));
    }
  }

  @Test
  void runsOfSeveralFoldersAreListedOldestFirst() {
    assertThat(listed(here, elsewhere)).containsExactly("long", "short", "middle");
    assertThat(listed(elsewhere, here.resolve("short"))).containsExactly("short", "middle");
  }

  @Test
  void theRunsOfAComparisonAreListedByItsFolder() throws IOException {
    Path comparison = Files.createDirectories(temp.resolve("comparison"));
    Files.move(here, comparison.resolve("cells"));
    assertThat(listed(comparison)).containsExactly("long", "short");
  }

  @Test
  void runsOfOneNameAreToldApartByTheirFolders() throws Exception {
    run(elsewhere.resolve("long"), 20, 4, "seed=5");
    assertThat(listed(here, elsewhere))
        .containsExactly(
            here.resolve("long").toString(),
            "short",
            "middle",
            elsewhere.resolve("long").toString());
  }

  @Test
  void columnsAndSettingsChooseAndSort() {
    assertThat(listed(here, elsewhere, "--sort=steps")).containsExactly("short", "middle", "long");
    assertThat(listed(here, elsewhere, "--sort=-steps")).containsExactly("long", "middle", "short");
    assertThat(listed(here, elsewhere, "--where", "steps >= 60")).containsExactly("long", "middle");
    assertThat(listed(here, elsewhere, "--where=seed=3", "--where=steps!=100"))
        .containsExactly("middle");
    // short has no evaluation, hence no figure: it is last whichever way round.
    assertThat(listed(here, "--where=open TAR@FAR=1e-3>0.5")).containsExactly("long");
    assertThat(listed(here, "--sort=open TAR@FAR=1e-3")).containsExactly("long", "short");
    assertThat(listed(here, "--sort=-open TAR@FAR=1e-3")).containsExactly("long", "short");
    assertThat(ffc("runs", here.toString(), "--where=steps>1000").out())
        .isEqualTo("none of 2 runs meets these conditions\n");
  }

  @Test
  void aNameThatNoRunHasIsRefused() {
    for (String option : List.of("--where=stpes>1", "--sort=stpes")) {
      StoredRun.Outcome outcome = ffc("runs", here.toString(), option);
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(outcome.err()).contains("got \"stpes\"", "did you mean steps?");
    }
    for (String condition : List.of("loss<abc", "loss<3<4", "loss>=", "state=")) {
      StoredRun.Outcome outcome = ffc("runs", here.toString(), "--where=" + condition);
      assertThat(outcome.code()).as(condition).isEqualTo(2);
      assertThat(outcome.err())
          .contains("--where: got \"" + condition + "\", wanted a ")
          .hasLineCount(1);
    }
    assertThat(ffc("runs", here.toString(), "--where=").err())
        .startsWith("--where: got an empty text; is a variable in the command not set?");
    for (String condition : List.of("=", "<3", ">=", "!")) {
      StoredRun.Outcome outcome = ffc("runs", here.toString(), "--where=" + condition);
      assertThat(outcome.code()).as(condition).isEqualTo(2);
      assertThat(outcome.err()).contains("--where: got \"\", wanted a column").hasLineCount(1);
    }
    assertThat(ffc("runs", temp.resolve("nowhere").toString()).err())
        .contains("nowhere is not there, wanted a folder");
  }

  @Test
  void tagsAndNotesAreShownKeptAndRemoved() throws IOException {
    Path run = here.resolve("long");
    assertThat(ffc("runs", "tag", run.toString(), "paper", "baseline").out())
        .isEqualTo(run + ": tags baseline paper, no note (before: no tags, no note)\n");
    assertThat(ffc("runs", "note", run.toString(), "twice  the\u001b <slots>\n").out())
        .contains("tags baseline paper, note \"twice the <slots>\"");

    assertThat(ffc("runs", here.toString()).out()).contains("baseline paper  twice the <slots>");
    assertThat(listed(here, elsewhere, "--tag=paper", "--tag=baseline")).containsExactly("long");
    assertThat(listed(here, "--where=tags=baseline paper")).containsExactly("long");
    assertThat(ffc("report", run.toString()).code()).isZero();
    assertThat(run.resolve("report.html"))
        .content()
        .contains("twice the &lt;slots&gt;  #baseline #paper");

    assertThat(ffc("runs", "note", run.toString()).code()).isZero();
    assertThat(ffc("runs", "tag", run.toString()).out())
        .isEqualTo(run + ": no tags, no note (before: tags baseline paper, no note)\n");
    assertThat(run.resolve("notes.json")).doesNotExist();
    assertThat(ffc("runs", here.toString()).out()).doesNotContain("tags", "note");
  }

  @Test
  void aTagIsAWordAndADamagedFileIsLeftAlone() throws IOException {
    Path run = here.resolve("long");
    assertThat(ffc("runs", "tag", run.toString(), "two words").code()).isEqualTo(2);
    Path file = Files.writeString(run.resolve("notes.json"), "{\"note\": \"cut");
    StoredRun.Outcome outcome = ffc("runs", "note", run.toString(), "new");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(file + ": cannot be read as notes of a run");
    assertThat(file).hasContent("{\"note\": \"cut");
    assertThat(listed(here)).containsExactly("long", "short");
    assertThat(ffc("runs", here.toString()).out())
        .contains("(notes.json cannot be read: mend it or delete it)");
  }

  /** First column of the list. */
  private static List<String> listed(Object... arguments) {
    List<String> typed = new ArrayList<>(List.of("runs"));
    for (Object argument : arguments) {
      typed.add(argument.toString());
    }
    StoredRun.Outcome outcome = ffc(typed.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    return outcome.out().lines().skip(1).map(line -> line.split("  ")[0]).toList();
  }
}
