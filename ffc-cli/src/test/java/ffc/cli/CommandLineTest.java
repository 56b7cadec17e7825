package ffc.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunRecorder;
import ffc.runs.record.ScriptedRun;
import ffc.runs.report.RunComparison;
import ffc.runs.report.RunFiles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
        .contains("DJL " + System.getProperty("djl.version") + ", PyTorch natives ")
        .contains("jvm ");
    Matcher folder = Pattern.compile("natives .* in (.*)").matcher(out.toString());
    assertThat(folder.find()).isTrue();
    assertThat(Path.of(folder.group(1)).resolve("libtorch_cpu.so")).exists();
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

  /** What a damaged file holds is quoted; a line end or a terminal's commands in it are not. */
  @Test
  void whatADamagedFileHoldsMakesNoSecondLine() throws Exception {
    byte[] header = "{'descr': '<f4', 'fort\n\u001b[31m'shape': (3, 8), }".getBytes(UTF_8);
    ByteBuffer file = ByteBuffer.allocate(10 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put((byte) 0x93).put("NUMPY".getBytes(UTF_8)).put((byte) 1).put((byte) 0);
    file.putShort((short) header.length).put(header);
    Path rows = Files.write(temp.resolve("rows.npy"), file.array());

    assertThat(run("eval", "--embeddings=" + rows, "--labels=" + rows)).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1).allMatch(line -> line.contains("'fort??[31m'"));
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
    assertThat(err.toString()).contains("method.capacity: the run has 400, the config says 300");
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
        .contains("open TAR@FAR=1e-3", "open rank-1")
        .containsPattern("seed +97 +98");
    assertThat(Files.readString(page)).contains("ROC on open", "Settings that differ", "<path");
  }

  @Test
  void anEvaluationThatARunLacksIsOneLineOfTheComparison() throws Exception {
    List<RunFiles> runs = new ArrayList<>();
    for (List<String> without :
        List.of(List.<String>of(), List.of("evaluate=[]"), List.of("evaluate.1.net=gallery"))) {
      Path folder = temp.resolve("run" + runs.size());
      try (RunDirectory run = RunDirectory.create(folder)) {
        run.writeConfig(new ConfigLoader().load(Path.of(QUICKSTART), without, false));
      }
      runs.add(RunFiles.read(folder));
    }
    assertThat(new RunComparison(runs.subList(0, 2)).settings())
        .containsExactly(
            List.of("setting", "run0", "run1"),
            List.of("evaluate.0", "open data/quickstart/open.rec", "-"),
            List.of("evaluate.1", "open-pairs data/quickstart/open.bin", "-"));
    assertThat(new RunComparison(List.of(runs.get(0), runs.get(2))).settings())
        .containsExactly(
            List.of("setting", "run0", "run2"), List.of("evaluate.1.net", "probe", "gallery"));
  }

  private String state(Path run) throws Exception {
    return new RunComparison(List.of(RunFiles.read(run))).table().get(1).get(1);
  }

  @Test
  void theListSaysWhetherARunRunsWasStoppedOrKilled() throws Exception {
    Path folder = temp.resolve("run");
    Experiment experiment = new ConfigLoader().load(Path.of(QUICKSTART), List.of(), false);
    try (RunDirectory run = RunDirectory.create(folder);
        RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
      run.writeConfig(experiment);
      assertThat(state(folder)).isEqualTo("running");
      new ScriptedRun(0, 40, 100, 20).play(recorder, run.checkpoints());
    }
    assertThat(state(folder)).isEqualTo("stopped");
    try (RunDirectory run = RunDirectory.reopen(folder);
        RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
      assertThat(state(folder)).isEqualTo("running");
      recorder.started(40, 100);
      new ScriptedRun(40, 60, 100, 20).steps(recorder, 41, 60, run.checkpoints());
    }
    assertThat(state(folder)).as("killed after the resume").isEqualTo("unfinished");
    try (RunDirectory run = RunDirectory.reopen(folder);
        RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
      new ScriptedRun(60, 100, 100, 20).play(recorder, run.checkpoints());
    }
    assertThat(state(folder)).isEqualTo("done");
  }

  @Test
  void runsAreFoundByFolderOrByTheNameThatTheListShows() throws Exception {
    Experiment experiment = new ConfigLoader().load(Path.of(QUICKSTART), List.of(), false);
    Path folder = temp.resolve("quickstart-1");
    try (RunDirectory run = RunDirectory.create(folder)) {
      run.writeConfig(experiment);
    }
    assertThat(RunsCommand.find(temp, Path.of("quickstart-1"))).isEqualTo(folder);
    assertThat(RunsCommand.find(Path.of("elsewhere"), folder)).isEqualTo(folder);

    assertThat(run("runs", "compare", "none-1", "none-2")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "none-1 is no run directory (it has no config.resolved.yaml) and no name of a run in"
                + " runs; ffc runs lists those");
  }

  @Test
  void experimentsAndComparisonsAreToldApart() {
    assertThat(run("compare", QUICKSTART, "--out", temp.resolve("c").toString())).isEqualTo(2);
    assertThat(err.toString())
        .contains("quickstart.yaml: is an experiment, which ./ffc train runs");
    String comparison = "../configs/compare-accuracy-quick.yaml";
    assertThat(run("train", comparison, "--out", temp.resolve("t").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("is a comparison, which ./ffc compare runs");
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void examplesOfHelpStandOnOneLineEach() {
    examplesStandOnOneLine(Main.commandLine());
  }

  private static void examplesStandOnOneLine(CommandLine command) {
    List<String> help = command.getUsageMessage(CommandLine.Help.Ansi.OFF).lines().toList();
    assertThat(help).containsAll(List.of(command.getCommandSpec().usageMessage().footer()));
    command.getSubcommands().values().forEach(CommandLineTest::examplesStandOnOneLine);
  }

  @Test
  void aResumeOfWhatIsNoRunSaysWhatIsWanted() throws Exception {
    assertThat(run("train", "--resume", temp.resolve("none").toString())).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "none does not exist: wanted the directory of a run or one of its checkpoints"
                + " (./ffc runs lists those in runs)");
    Path empty = Files.createDirectories(temp.resolve("empty"));
    assertThat(run("train", "--resume", empty.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("empty is no run: wanted ");
  }

  @Test
  void aRunWhoseFirstFileCannotBeWrittenLeavesNothingButWhy() throws Exception {
    Path folder = temp.resolve("run");
    Path inTheWay = Files.createDirectories(folder.resolve(".config.resolved.yaml.writing/x"));
    assertThat(run("train", "" + StoredRun.SMALL, "--out", "" + folder))
        .as(err.toString())
        .isEqualTo(1);
    assertThat(err.toString()).contains("config.resolved.yaml: cannot be written: ");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(inTheWay.getParent(), folder.resolve("run.log"));
    }
  }

  @Test
  void anAddressIsNoPathOfThisMachine() {
    String address = "http://127.0.0.1:1/x";
    for (String[] command :
        new String[][] {
          {"train", QUICKSTART, "--out", address},
          {"train", address},
          {"eval", "--checkpoint", address, "--data", "x", "--format", "bin"},
          {"export", "--checkpoint", "x", "--out", address + ".onnx"},
          {"import", address, "--config", QUICKSTART},
          {"data", "import", address, "--out", "" + temp.resolve("pack")},
          {"data", "relabel", "../data/quickstart/open.rec", "--out", "s3://bucket/x"},
        }) {
      err.getBuffer().setLength(0);
      assertThat(run(command)).as(List.of(command).toString()).isEqualTo(2);
      assertThat(err.toString())
          .as(List.of(command).toString())
          .contains(
              "\", wanted a path of this machine; only packs and tars are read from addresses")
          .hasLineCount(1);
    }
    assertThat(temp).isEmptyDirectory();
    assertThat(Path.of("http:")).doesNotExist();
  }

  @Test
  void anEmptyTextIsNoPathForAnyCommand() throws Exception {
    for (String[] command :
        new String[][] {
          {"train", QUICKSTART, "--out", ""},
          {"train", QUICKSTART, "--out="},
          {"train", QUICKSTART, "--resume="},
          {"train", ""},
          {"eval", "--checkpoint", "", "--data", "x", "--format", "bin"},
          {"eval", "--embeddings", " "},
          {"embed", "--checkpoint", "x", "--data", "", "--format", "lmdb", "--out", "o.npy"},
          {"export", "--checkpoint", "x", "--out", ""},
          {"import", "", "--config", QUICKSTART},
          {"plan", ""},
          {"compare", "../configs/compare-scale.yaml", "--out", ""},
          {"data", "index", "", "--out", "" + temp.resolve("index")},
          {"data", "unpack", "../data/quickstart/open.rec", "--out", ""},
          {"data", "synth", "--ids", "10", "--out", ""},
          {"runs", "compare", "", ""},
          {"config", "check", ""},
          {"member", ""},
        }) {
      err.getBuffer().setLength(0);
      assertThat(run(command)).as(List.of(command).toString()).isEqualTo(2);
      assertThat(err.toString().lines().findFirst().orElse(""))
          .as(List.of(command).toString())
          .contains("got an empty text; is a variable in the command not set?");
    }
    for (String setting :
        List.of(
            "data.train.path", "evaluate.0.path", "model.initFrom", "evaluate.1.name", "name")) {
      err.getBuffer().setLength(0);
      assertThat(
              run("train", QUICKSTART, "--out", "" + temp.resolve("x"), "--set", setting + "=''"))
          .isEqualTo(2);
      assertThat(err.toString()).contains(setting + ": got the text \"\", wanted ");
    }
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void aSecondRunIntoAFolderThatIsTrainedInTouchesNothing() throws Exception {
    Path folder = temp.resolve("run");
    try (RunDirectory first = RunDirectory.create(folder)) {
      String[] second = {
        "train",
        QUICKSTART,
        "--set=data.train.path=../data/quickstart/train.rec",
        "--set=evaluate=[]",
        "--out=" + folder
      };
      assertThat(run(second)).isEqualTo(2);
      assertThat(err.toString().lines())
          .containsExactly(folder + ": another process is training in this folder");
      assertThat(folder).isDirectoryNotContaining(file -> !file.endsWith(".lock"));

      first.writeConfig(new ConfigLoader().load(Path.of(QUICKSTART), List.of(), false));
      err.getBuffer().setLength(0);
      assertThat(run(second)).isEqualTo(2);
      assertThat(err.toString().lines()).hasSize(1);
      err.getBuffer().setLength(0);
      assertThat(run("train", QUICKSTART, second[2], second[3], "--resume=" + folder)).isEqualTo(2);
      assertThat(err.toString()).contains("another process is training in this folder");
    }
  }

  @Test
  void checkStopsAfterAHundredMistakes() throws Exception {
    StringBuilder text = new StringBuilder(Files.readString(Path.of(QUICKSTART)));
    for (int i = 0; i < 60_000; i++) {
      text.append("k").append(i).append(": 1\n");
    }
    Path file = Files.writeString(temp.resolve("many.yaml"), text);
    Path twice = Files.writeString(temp.resolve("twice.yaml"), "name: x\n".repeat(60_000));

    assertThat(run("config", "check", "--no-files", file.toString())).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(101).last().isEqualTo("stopped after 100 mistakes");
    err.getBuffer().setLength(0);
    assertThat(run("config", "check", "--no-files", twice.toString())).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(101);
  }

  @Test
  void checkKnowsComparisons() throws Exception {
    List<String> command = new ArrayList<>(List.of("config", "check", "--no-files"));
    try (Stream<Path> files = Files.list(Path.of("../configs"))) {
      files.map(Path::toString).forEach(command::add);
    }
    assertThat(run(command.toArray(String[]::new))).as(err.toString()).isZero();
    assertThat(out.toString().lines()).hasSize(command.size() - 3);
    assertThat(out.toString())
        .contains("compare-scale.yaml: ok (compare-scale, a comparison of 45 runs)");

    String broken =
        Files.readString(Path.of("../configs/compare-scale.yaml"))
            .replace("capacity: 5000", "capacity: 50");
    Path file = Files.writeString(temp.resolve("broken.yaml"), broken);
    assertThat(run("config", "check", "--no-files", file.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("method.capacity: got 50, wanted at least 128");
  }

  @Test
  void planRefusesWhatNoMachineHolds() {
    for (String[] mistake :
        new String[][] {
          {"model.layers=[1000000, 1, 1, 1]", "model.layers.0: got 1000000, wanted at most 1000"},
          {"model.widths=[16, 32, 64, 2000000000]", "wanted at most 65536"},
          {"model.input=[1, 2000000000, 32]", "wanted at most 4096"},
          {"model.widths=[65536, 65536, 65536, 65536]", "more than 2,147,483,647 values"},
        }) {
      err.getBuffer().setLength(0);
      assertThat(run("plan", QUICKSTART, "--classes=10", "--set", mistake[0]))
          .as(mistake[0])
          .isEqualTo(2);
      assertThat(err.toString().lines()).as(err.toString()).hasSize(1);
      assertThat(err.toString()).contains(mistake[1]);
    }
    err.getBuffer().setLength(0);
    assertThat(run("plan", QUICKSTART, "--set=data.train.path=/")).isEqualTo(2);
    assertThat(err.toString()).contains("/ is a folder, wanted a .rec file");
    // As many blocks as are allowed: counted, never built.
    assertThat(run("plan", QUICKSTART, "--classes=1e6", "--set=model.layers=[1000,1000,1000,1000]"))
        .as(err.toString())
        .isZero();
  }

  @Test
  void planSaysWhatIsNeverTrainedAndWhatACpuDoesNotSpare() {
    String freeze = "--set=model.freeze=[stem, layer1]";
    assertThat(plan(freeze, "--set=model.freezeUntil=400"))
        .contains(
            "! model.freezeUntil is 400, but the run ends after 400 steps: never trained: stem,"
                + " layer1");
    assertThat(plan(freeze, "--set=model.freezeUntil=399")).doesNotContain("freezeUntil");
    assertThat(plan(freeze)).doesNotContain("freezeUntil", "checkpointActivations");
    String again = "--set=run.checkpointActivations=true";
    assertThat(plan(again)).contains("run.checkpointActivations spares a GPU most of them");
    assertThat(plan(again, "--set=run.device=gpu", "--memory=8GiB"))
        .doesNotContain("checkpointActivations");
  }

  private String plan(String... settings) {
    out.getBuffer().setLength(0);
    List<String> words = new ArrayList<>(List.of("plan", QUICKSTART, "--classes=10"));
    words.addAll(List.of(settings));
    assertThat(run(words.toArray(String[]::new))).as(err.toString()).isZero();
    return out.toString();
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
