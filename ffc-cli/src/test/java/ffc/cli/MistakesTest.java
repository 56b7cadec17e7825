package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.VerificationSets;
import ffc.loaders.format.DataFormats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Mistakes that are made by hand, and what is said of them: what it is, and where. */
class MistakesTest {
  private static final Path QUICKSTART = Path.of("../configs/quickstart.yaml");
  private static final Path QUICK = Path.of("../configs/compare-accuracy-quick.yaml");

  @TempDir Path temp;

  @Test
  void aMistakeInAComparisonIsToldOnceWhereItStandsInTheFile() throws IOException {
    String text = Files.readString(QUICK);
    String[][] mistakes = {
      {"capacity: \\d+", "capacity: 1", "contenders.0.method.capacity: got 1, wanted at least"},
      {"idsPerBatch:", "idsPerBach:", "experiment.data.idsPerBach: unknown key; did you"},
      {"learningRate: ", "learningRate: -", "experiment.optimizer.learningRate: got -"},
    };
    String wrong = text;
    for (String[] mistake : mistakes) {
      assertThat(text).containsPattern(mistake[0]);
      wrong = wrong.replaceFirst(mistake[0], mistake[1]);
    }
    Path file = Files.writeString(temp.resolve("c.yaml"), wrong);
    StoredRun.Outcome outcome = StoredRun.ffc("config", "check", "--no-files", "" + file);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err().lines()).as(outcome.err()).hasSize(mistakes.length);
    for (String[] mistake : mistakes) {
      long line = wrong.substring(0, wrong.indexOf(mistake[1])).lines().count();
      assertThat(outcome.err().lines())
          .anyMatch(
              said -> said.matches("\\Q" + file + "\\E:" + line + ":\\d+: " + mistake[2] + ".*"));
    }
  }

  @Test
  void aSetThatIsMissingIsToldBeforeTheNetworkIsRead() throws IOException {
    Path stored = StoredRun.FOLDER.resolve("format-1/ffc-weighted");
    Path run = temp.resolve("run");
    try (Stream<Path> files = Files.walk(stored)) {
      for (Path file : files.toList()) {
        Files.copy(file, run.resolve(stored.relativize(file).toString()));
      }
    }
    try (Stream<Path> files = Files.walk(run)) {
      for (Path weights : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        Files.writeString(weights, "no weights");
      }
    }
    String data = temp.resolve("nothere.rec").toString();
    for (String[] command :
        new String[][] {
          {"eval", "--checkpoint", run.toString(), "--data", data},
          {"embed", "--checkpoint", run.toString(), "--data", data, "--out", temp + "/e.npy"}
        }) {
      StoredRun.Outcome outcome = StoredRun.ffc(command);
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(outcome.err()).contains("nothere.rec").doesNotContain("safetensors");
    }
  }

  @Test
  void whoWantsACheckpointOfACellIsToldHowToHaveOne() throws IOException {
    Path run = Files.createDirectories(temp.resolve("cells/one"));
    Files.copy(
        StoredRun.FOLDER.resolve("format-1/ffc-weighted/config.resolved.yaml"),
        run.resolve("config.resolved.yaml"));
    String[] export = {"export", "--checkpoint", "" + run, "--out", temp + "/x.onnx"};
    assertThat(StoredRun.ffc(export).err()).contains(run + ": the run has no checkpoint yet");
    Path config = Files.createFile(temp.resolve("cells/one.yaml"));
    StoredRun.Outcome outcome = StoredRun.ffc(export);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("./ffc train " + config + " --out DIR trains this one");
  }

  @Test
  void aFileOfWeightsIsNotCalledAFolderThatIsMissing() throws IOException {
    Path weights = Files.writeString(temp.resolve("w.safetensors"), "some");
    StoredRun.Outcome outcome =
        StoredRun.ffc("export", "--checkpoint", "" + weights, "--out", temp + "/x.onnx");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains(weights + ": is a file, wanted a run's folder or one of its checkpoints");
  }

  @Test
  void variablesThatAreNotSetAreOneLine() throws IOException {
    String recipes = Files.readString(Path.of("../configs/compare-recipes.yaml"));
    Path file =
        Files.writeString(
            temp.resolve("recipes.yaml"),
            recipes.replace("FFC_CELEBA", "FFC_NOT_SET_1").replace("FFC_CARS", "FFC_NOT_SET_2"));
    StoredRun.Outcome outcome = StoredRun.ffc("config", "check", "" + file);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err().lines().filter(line -> line.contains("NOT_SET")))
        .hasSize(1)
        .allMatch(
            line ->
                line.matches(
                    ".*:\\d+:\\d+: datasets\\.1\\.set\\.data\\.train\\.path: environment variables"
                        + " FFC_NOT_SET_1, FFC_NOT_SET_2 are not set; export each .*"));
    assertThat(StoredRun.ffc("config", "check", "--no-files", "" + file).code()).isZero();
  }

  @Test
  void aDecimalCommaIsCalledOne() throws IOException {
    String text = Files.readString(QUICKSTART);
    assertThat(text).contains("learningRate: 0.1, ");
    Path file =
        Files.writeString(
            temp.resolve("comma.yaml"),
            text.replace("learningRate: 0.1, ", "learningRate: 0,05, "));
    StoredRun.Outcome outcome = StoredRun.ffc("config", "check", "--no-files", "" + file);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.err())
        .contains(
            ": optimizer.learningRate: got 0,05, where the comma begins another setting; wanted a"
                + " point: 0.05");
    outcome =
        StoredRun.ffc(
            "config",
            "check",
            "--no-files",
            "--set",
            "optimizer.learningRate=0,1",
            "" + QUICKSTART);
    assertThat(outcome.err()).contains("got the text \"0,1\", wanted a number; with a point: 0.1");
  }

  @Test
  void anImageInPlaceOfASetIsCalledOne() throws IOException {
    Path png = Path.of("../docs/images/report.png");
    Path jpeg = Files.write(temp.resolve("a.jpg"), new byte[] {-1, -40, -1, -32, 0, 16});
    List<List<String>> commands = new ArrayList<>();
    for (Path picture : List.of(png, jpeg)) {
      commands.add(List.of("data", "stats", "" + picture));
      for (String format : DataFormats.storing()) {
        if (format.equals("zip")) {
          continue; // of the tests, not of the program
        }
        for (String command : List.of("stats", "verify")) {
          commands.add(List.of("data", command, "--format", format, "" + picture));
        }
      }
      for (String format : VerificationSets.formats()) {
        commands.add(
            List.of(
                "eval",
                "--checkpoint",
                "" + StoredRun.FOLDER.resolve("format-1/full-fc"),
                "--format",
                format,
                "--data",
                "" + picture));
      }
      for (List<String> command : commands) {
        StoredRun.Outcome outcome = StoredRun.ffc(command.toArray(String[]::new));
        assertThat(outcome.code()).as(command.toString()).isEqualTo(2);
        assertThat(outcome.err() + outcome.out())
            .as(command.toString())
            .containsPattern("is a (PNG|JPEG) image, wanted ")
            .doesNotContain("0x");
      }
    }
  }

  /** Methods and formats may come from elsewhere; margins may not. */
  @Test
  void anUnknownNameOfAnOpenTableNamesFfcClasspath() {
    Assumptions.assumeTrue(System.getenv("FFC_CLASSPATH") == null);
    for (String setting : List.of("method.type", "data.train.format", "evaluate.0.format")) {
      StoredRun.Outcome outcome =
          StoredRun.ffc(
              "config", "check", "--no-files", "--set", setting + "=mine", "" + QUICKSTART);
      assertThat(outcome.err())
          .contains(setting + ": got ", "one of your own comes by FFC_CLASSPATH, which is not set");
    }
    assertThat(StoredRun.ffc("data", "stats", "--format", "mine", "x").err())
        .contains("one of your own comes by FFC_CLASSPATH");
  }

  @Test
  void whatAnOptionNamesIsRefusedByTheOptionsName() throws IOException {
    Path photos = Files.createDirectories(temp.resolve("photos/someone"));
    String run = StoredRun.FOLDER.resolve("format-1/full-fc").toString();
    String pack = StoredRun.FOLDER.resolve("data/train.rec").toString();
    String address =
        "s3://bucket/train.rec: addresses that are read begin with http:// or https://";
    SoftAssertions all = new SoftAssertions();
    for (String[] mistake :
        new String[][] {
          {"data import PHOTOS --out OUT --channels 2", "--channels: got 2, wanted 3 (colour)"},
          {"data import PHOTOS --out OUT --landmarks no", "--landmarks no: no such file"},
          {"search --checkpoint RUN --gallery PACK --query no", "--query no: no such file"},
          {"data stats s3://bucket/train.rec", address},
          {"data stats --format recordio s3://bucket/train.rec", address},
          {"data index s3://bucket/train.rec --out OUT", address},
        }) {
      String[] words =
          mistake[0]
              .replace("PHOTOS", photos.getParent().toString())
              .replace("OUT", temp.resolve("out").toString())
              .replace("RUN", run)
              .replace("PACK", pack)
              .split(" ");
      StoredRun.Outcome outcome = StoredRun.ffc(words);
      all.assertThat(outcome.code()).as(mistake[0]).isEqualTo(2);
      all.assertThat(outcome.err()).as(mistake[0]).startsWith(mistake[1]).hasLineCount(1);
    }
    all.assertAll();
    StoredRun.Outcome config =
        StoredRun.ffc(
            "config", "check", "--set=data.train.path=s3://bucket/train.rec", "" + QUICKSTART);
    assertThat(config.code()).isEqualTo(2);
    assertThat(config.err()).contains(address).doesNotContain("no such file or folder: s3");
  }

  @Test
  void aSettingThatIsGivenTwiceIsTold() {
    String[] words = {"config", "check", "--no-files", "--set=run.steps=5", "", "" + QUICKSTART};
    words[4] = "--set=run.steps=6";
    StoredRun.Outcome twice = StoredRun.ffc(words);
    assertThat(twice.code()).isZero();
    assertThat(twice.err())
        .isEqualTo("--set run.steps: given twice, \"5\" and \"6\"; the last one counts\n");
    words[4] = "--set=run.steps=5";
    assertThat(StoredRun.ffc(words).err()).isEmpty();
    words[4] = "--set=run.reportEvery=6";
    assertThat(StoredRun.ffc(words).err()).isEmpty();
  }

  @Test
  void mistakesOfOptionsAreToldInTheirOwnWords() {
    for (String[] mistake :
        new String[][] {
          {"train --trainers 0", "--trainers 0: got 0, wanted more than 0"},
          {"train --trainers 2 --rank 5", "--rank 5: got 5, wanted below --trainers (2)"},
          {"train --rank 5 --trainers 2", "--rank 5: got 5, wanted below --trainers (2)"},
          {
            "train --set=method={\"type\":triplet} --trainers 2",
            "--trainers 2: method triplet trains with one trainer; leave --trainers away, or use"
          },
          {"member --trainers 0", "--trainers 0: got 0, wanted more than 0"},
        }) {
      List<String> words = new ArrayList<>(List.of(mistake[0].split(" ")));
      words.addAll(List.of("" + QUICKSTART, "--set=evaluate=[]"));
      words.add("--set=data.train.path=../data/quickstart/train.rec");
      if (words.get(0).equals("train")) {
        words.addAll(List.of("--out", "" + temp.resolve("run")));
      }
      StoredRun.Outcome outcome = StoredRun.ffc(words.toArray(String[]::new));
      assertThat(outcome.code()).as(mistake[0]).isEqualTo(2);
      assertThat(outcome.err()).startsWith(mistake[1]).doesNotContain("cluster.trainers=");
    }
  }

  @Test
  void aMistakeOfTheCommandLineIsOneLineAndSaysWhereTheHelpIs() {
    String split = "data split x --open 3 --out o ";
    for (String[] mistake :
        new String[][] {
          {
            "data import x --out o --chanels 1",
            "unknown option --chanels; did you mean --channels?"
          },
          {
            "data import x --out o --chanels=1",
            "unknown option --chanels; did you mean --channels?"
          },
          {"data import x --ou o --channels 1", "unknown option --ou; did you mean --out?"},
          {"data import --chanels 1", "unknown option --chanels; did you mean --channels?"},
          {"train x --outt y --set a=b", "unknown option --outt; did you mean --out?"},
          {"train --sset a=b", "unknown option --sset; did you mean --set?"},
          {"--verson", "unknown option --verson; did you mean --version?"},
          {"plan x --zzz", "unknown option --zzz"},
          {"train --stpes 5", "unknown option --stpes; did you mean --set run.steps=VALUE?"},
          {
            "train x --lr 5",
            "unknown option --lr; did you mean --set optimizer.learningRate=VALUE?"
          },
          {"data import x --zzz --stpes 5", "unknown option --zzz"},
          {"eval --output x", "unknown option --output"},
          {"embed --output x", "unknown option --output; did you mean --out?"},
          {"trian x", "unknown command trian; did you mean train?"},
          {"data spilt", "unknown command spilt; did you mean split?"},
          {"runs zzz", "unknown command zzz, wanted one of compare, note, tag or FOLDER"},
          {"runs compar a b", "unknown command compar; did you mean compare?"},
          {"train a b", "got \"b\" as well, wanted CONFIG alone"},
          {
            "train a --set model.input=[3, 32, 32]",
            "got \"32,\" as well, wanted CONFIG alone; a value with spaces goes in quotes: --set"
                + " 'model.input=[3, 32, 32]'"
          },
          {"doctor now", "got \"now\" as well, wanted options only"},
          {"data", "missing COMMAND, wanted one of import, index, verify"},
          {"data unpack", "missing --out DIR and SOURCE"},
          {"data split --open 3 --out o", "missing SOURCE"},
          {"train --out", "--out: got no value, wanted DIR"},
          {"data unpack x --out --labels x", "--out: got no value, wanted DIR"},
          {"embed --checkpoint r --data d --out a --out b", "--out: given twice, wanted once"},
          {
            "eval --checkpoint r --average 2 --average=3 --data d",
            "--average: given twice, wanted once"
          },
          {"eval --checkpoint r --data d --data e", "--data: given twice, wanted once"},
          {split + "--seed abc", "--seed: got \"abc\", wanted a whole number"},
          {split + "--seed 1.5", "--seed: got \"1.5\", wanted a whole number"},
          {
            "train x --rank 9999999999",
            "--rank: got \"9999999999\", wanted a whole number up to 2147"
          },
          {
            split + "--by unifrom",
            "--by: got \"unifrom\", wanted images or uniform; did you mean uniform"
          },
          {"data clean x --checkpoint r --out o --link a", "--link: got \"a\", wanted a number"},
        }) {
      StoredRun.Outcome outcome = StoredRun.ffc(mistake[0].trim().split(" "));
      assertThat(outcome.code()).as(mistake[0]).isEqualTo(2);
      assertThat(outcome.out()).as(mistake[0]).isEmpty();
      assertThat(outcome.err())
          .as(mistake[0])
          .startsWith(mistake[1])
          .hasLineCount(1)
          .matches("(?s).* \\(try \\./ffc[a-z -]* --help\\)\\n");
    }
  }

  /** Whatever the option and its type, its value is not judged in the parser's words. */
  @Test
  void noOptionIsJudgedInTheWordsOfTheParser() {
    int judged = 0;
    for (CommandLine command : all(Main.commandLine())) {
      for (OptionSpec option : command.getCommandSpec().options()) {
        List<String> words =
            new ArrayList<>(List.of(command.getCommandSpec().qualifiedName().split(" ")));
        words.remove(0);
        words.add(option.longestName() + (option.arity().max() == 0 ? "=x" : "=\1nonsense"));
        if (option.help() || option.usageHelp() || option.versionHelp() || !conversion(option)) {
          continue;
        }
        StoredRun.Outcome outcome = StoredRun.ffc(words.toArray(String[]::new));
        assertThat(outcome.code()).as(words.toString()).isEqualTo(2);
        assertThat(outcome.err())
            .as(words.toString())
            .contains(option.longestName() + ": got ", ", wanted ")
            .hasLineCount(1)
            .doesNotContain("Invalid value", "\1");
        judged++;
      }
    }
    assertThat(judged).isGreaterThan(15);
  }

  private static boolean conversion(OptionSpec option) {
    Class<?> type = option.auxiliaryTypes()[0];
    return option.arity().max() > 0
        && (type.isEnum() || type.isPrimitive() || Number.class.isAssignableFrom(type));
  }

  private static List<CommandLine> all(CommandLine top) {
    List<CommandLine> found = new ArrayList<>(List.of(top));
    top.getSubcommands().values().forEach(sub -> found.addAll(all(sub)));
    return found;
  }

  @Test
  void numbersOutOfRangeSayWhatIsWanted() {
    String size = "wanted pixels, such as 112, or height x width, such as 112x96";
    for (String[] mistake :
        new String[][] {
          {"data import . --size 0 --out o", "--size: got \"0\", " + size},
          {"data import . --size 0x0 --out o", "--size: got \"0x0\", " + size},
          {"data import . --size 7 --out o", "--size: got 7, wanted 8 to 4096 pixels a side"},
          {"data verify x --size 0", "--size: got \"0\", " + size},
          {"data synth --ids 1 --jpeg 0 --out o", "--jpeg: got \"0\", " + size},
          {"data glyphs --size 0 --out o", "--size: got 0, wanted at least 1"},
          {"data glyphs --limit -1 --out o", "--limit: got -1, wanted at least 0"},
          {"data glyphs --threads 0 --out o", "--threads (--workers): got 0, wanted at least 1"},
          {"data verify . --threads 0", "--threads (--workers): got 0, wanted at least 1"},
          {"data index . --rows 0 --out o", "--rows: got 0, wanted at least 1"},
          {"data stats . --sample -1", "--sample: got -1, wanted at least 0"},
          {"data split . --open 1 --min-images 0 --out o", "--min-images: got 0, wanted at least"},
          {"plan " + QUICKSTART + " --devices 0", "--trainers (--devices): got 0, wanted at least"},
        }) {
      StoredRun.Outcome outcome = StoredRun.ffc(mistake[0].split(" "));
      assertThat(outcome.code()).as(mistake[0]).isEqualTo(2);
      assertThat(outcome.err().lines()).as(mistake[0]).hasSize(1);
      assertThat(outcome.err()).startsWith(mistake[1]);
    }
    assertThat(Path.of("o")).doesNotExist();
  }

  @Test
  void aPlanForMoreTrainersThanTheGroupHoldsSaysThatSuchARunIsRefused() {
    String[] plan = {"plan", "" + QUICKSTART, "--classes=100", "--trainers=2"};
    assertThat(StoredRun.ffc(plan).out()).doesNotContain("With 2 trainers");
    plan[3] = "--trainers=40";
    StoredRun.Outcome outcome = StoredRun.ffc(plan);
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).contains("! With 40 trainers, method.capacity: got ", "wanted at");
  }

  @Test
  void aFolderThatIsNoRunIsNotARunWithoutCheckpoint() {
    for (String[] command :
        new String[][] {
          {"eval", "--data", "../data/quickstart/open.rec"},
          {"embed", "--data", "../data/quickstart/open.rec", "--out", "" + temp.resolve("o.npy")},
          {"export", "--out", "" + temp.resolve("o.pt")},
          {"data", "clean", "../data/quickstart/open.rec", "--out", "" + temp.resolve("o")},
        }) {
      List<String> words = new ArrayList<>(List.of(command));
      words.addAll(List.of("--checkpoint", "../data"));
      StoredRun.Outcome outcome = StoredRun.ffc(words.toArray(String[]::new));
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(outcome.err()).startsWith("../data is no run (it has no config.resolved.yaml)");
    }
  }
}
