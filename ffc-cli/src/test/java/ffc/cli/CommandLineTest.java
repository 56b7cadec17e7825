package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.config.ConfigLoader;
import ffc.cli.record.RunDirectory;
import ffc.cli.record.RunRecorder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandLineTest {
  private static final String QUICKSTART = "../configs/quickstart.yaml";

  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void versionNamesProgramEngineAndNatives() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString())
        .containsPattern("ffc \\d+\\.\\d+")
        .containsPattern("DJL \\d+\\.\\d+.*PyTorch natives \\d+\\.\\d+")
        .contains("jvm ");
  }

  @Test
  void schemaIsJsonWithEverySection() {
    assertThat(run("config", "schema")).isZero();
    assertThat(out.toString()).startsWith("{").contains("galleryMomentum", "\"evaluate\"");
  }

  @Test
  void checkTellsOfSoundFilesAndReportsEveryMistakeOnALineOfItsOwn() {
    assertThat(run("config", "check", "--no-files", QUICKSTART)).isZero();
    assertThat(out.toString()).contains("quickstart.yaml: ok (quickstart)");

    assertThat(run("config", "check", "--set", "seed=x", QUICKSTART)).isEqualTo(2);
    assertThat(err.toString().lines())
        .contains("--set seed=x: seed: got the text \"x\", wanted a whole number")
        .anyMatch(line -> line.contains("data.train.path: no such file"));
  }

  @Test
  void badInputIsALineAndExitCodeTwo() {
    for (String[] command :
        new String[][] {
          {"train", "none.yaml"},
          {"train"},
          {"train", "--resume", temp.toString()},
          {"train", QUICKSTART, "--out", "x"},
          {"eval", "--checkpoint", "none", "--data", "x", "--format", "bin"},
          {"eval", "--checkpoint", temp.toString(), "--data", "x", "--format", "bin"},
          {"eval", "--checkpoint", temp.toString(), "--data", "x", "--format", "tar"},
          {"embed", "--checkpoint", "none", "--data", "x", "--format", "bin", "--out", "o"},
          {"runs", "compare", "a", "b"},
          {"nonsense"},
          {},
        }) {
      err.getBuffer().setLength(0);
      assertThat(run(command)).as(List.of(command).toString()).isEqualTo(2);
      assertThat(err.toString()).as(List.of(command).toString()).isNotBlank();
      assertThat(err.toString()).doesNotContain("\tat ");
    }
  }

  @Test
  void corruptDataAreBadInputAndLeaveNoRunBehind() throws Exception {
    Path rec = Files.write(temp.resolve("train.rec"), new byte[] {1, 2, 3});
    Path folder = temp.resolve("run");

    int code =
        run(
            "train",
            QUICKSTART,
            "--set=data.train.path=" + rec,
            "--set=evaluate=[]",
            "--out=" + folder);

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("train").doesNotContain("\tat ");
    assertThat(folder).doesNotExist();
  }

  @Test
  void aTakenMetricsPortIsBadInputAndLeavesNoRunBehind() throws Exception {
    Path folder = temp.resolve("run");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int code =
          run(
              "train",
              QUICKSTART,
              "--set=data.train.path=../data/quickstart/train.rec",
              "--set=evaluate=[]",
              "--set=run.metricsPort=" + taken.getLocalPort(),
              "--out=" + folder);

      assertThat(code).isEqualTo(2);
      assertThat(err.toString().lines()).hasSize(1);
      assertThat(err.toString()).contains("run.metricsPort", ":" + taken.getLocalPort());
      assertThat(folder).doesNotExist();
    }
  }

  @Test
  void aConfigThatDiffersInWhatMattersIsNotResumed() throws Exception {
    Path folder = temp.resolve("run");
    try (RunDirectory run = RunDirectory.create(folder)) {
      run.writeConfig(new ConfigLoader().load(Path.of(QUICKSTART), List.of(), false));
    }
    List<String> command = new ArrayList<>(List.of("train", QUICKSTART, "--resume", "" + folder));
    command.add("--set=data.train.path=../data/quickstart/train.rec");
    command.add("--set=evaluate=[]");
    command.add("--set=method.capacity=300");

    assertThat(run(command.toArray(String[]::new))).isEqualTo(2);
    assertThat(err.toString()).contains("method.capacity: the run has 200, the config says 300");
  }

  @Test
  void runsCompareShowsFiguresAndDifferingSettings() throws Exception {
    for (String name : List.of("a", "b")) {
      try (RunDirectory run = RunDirectory.create(temp.resolve(name));
          RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
        run.writeConfig(
            new ConfigLoader()
                .load(Path.of(QUICKSTART), List.of("seed=" + name.hashCode()), false));
        new ScriptedRun(0, 100, 100, 20).play(recorder, run.checkpoints());
      }
    }
    Path page = temp.resolve("page.html");

    int code =
        run("runs", "compare", "" + temp.resolve("a"), "" + temp.resolve("b"), "--out=" + page);

    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("open TAR@FAR=1e-3", "open rank1")
        .containsPattern("seed +97 +98");
    assertThat(Files.readString(page)).contains("ROC on open", "Settings that differ", "<path");
  }

  @Test
  void completionIsABashScript() {
    assertThat(run("completion")).isZero();
    assertThat(out.toString()).contains("complete ", "ffc", "train");
  }

  private int run(String... arguments) {
    CommandLine commands = Main.commandLine();
    commands.setOut(new PrintWriter(out, true));
    commands.setErr(new PrintWriter(err, true));
    return commands.execute(arguments);
  }
}
