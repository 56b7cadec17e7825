package ffc.cli;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.options.Outputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Every command that writes, with every kind of bad input: it exits with 2, says why, and leaves
 * nothing behind. A new command is missed by {@link #everyCommandThatWritesIsHere}, a new option is
 * tried without being listed.
 */
class RefusedCommandsTest {
  private static final String RUN = StoredRun.FOLDER.resolve("format-1/full-fc").toString();
  private static final String PICTURE = "../docs/images/report.png";
  private static final String PACK = StoredRun.FOLDER.resolve("data/train.rec").toString();

  /** Sound command lines; IN is what is read, OUT what is written. */
  private static final List<String> COMMANDS =
      List.of(
          "data index IN --out OUT",
          "data synth --ids 3 --out OUT",
          "data synth --ids 3 --jpeg 8x8 --out OUT",
          "data glyphs --fonts IN --limit 2 --out OUT",
          "data unpack IN --out OUT",
          "data split IN --open 2 --out OUT",
          "data relabel IN --out OUT",
          "data import IN --size 8 --out OUT",
          "data import --landmarks IN PHOTOS --out OUT",
          "data pack-pairs IN --out OUT",
          "data clean IN --checkpoint RUN --out OUT",
          "data clean PACK --checkpoint IN --out OUT",
          "data order IN --checkpoint RUN --block 2 --out OUT",
          "data order PACK --checkpoint IN --block 2 --out OUT",
          "data order PACK --checkpoint RUN --block 1 --out OUT",
          "data preview IN --out OUT.png",
          "data preview SMALL --set data.train.path=IN --out OUT.png",
          "data stats IN --json OUT",
          "data stats IN --plot OUT",
          "train IN --out OUT",
          "train SMALL --out OUT --set data.train.path=IN",
          "train SMALL --out OUT --resume IN",
          "compare IN --out OUT",
          "eval --checkpoint RUN --data IN --json OUT",
          "eval --checkpoint IN --data PACK --report OUT",
          "eval --embeddings IN --json OUT",
          "embed --checkpoint RUN --data IN --out OUT.npy",
          "embed --checkpoint IN --data PACK --out OUT.npy",
          "search --checkpoint RUN --gallery IN --query PICTURE --cache OUT --json OUT.json",
          "search --checkpoint IN --gallery PACK --query PICTURE --cache OUT --out OUT.html",
          "cluster IN --checkpoint RUN --threshold 0.5 --cache OUT --out OUT",
          "cluster IN --checkpoint RUN --threshold 0.5 --cache OUT --judge --pack --out OUT",
          "cluster IN --checkpoint RUN --threshold 0.5 --cache OUT --json OUT",
          "cluster PACK --checkpoint IN --threshold 0.5 --cache OUT --out OUT",
          "export --checkpoint IN --out OUT.safetensors",
          "export --checkpoint IN --out OUT.pt",
          "export --checkpoint IN --out OUT.onnx",
          "import IN --out OUT.safetensors",
          "runs compare IN IN --out OUT",
          "report IN",
          "init IN --out OUT.yaml",
          "pack --out OUT");

  @TempDir Path temp;
  private Path inputs;
  private Path results;

  @BeforeEach
  void folders() throws IOException {
    inputs = Files.createDirectories(temp.resolve("inputs"));
    results = Files.createDirectories(temp.resolve("results"));
  }

  @Test
  void everyCommandThatWritesIsHere() {
    Set<String> writing = new TreeSet<>();
    for (CommandLine command : all(Main.commandLine())) {
      for (OptionSpec option : command.getCommandSpec().options()) {
        if (Outputs.OPTIONS.contains(option.longestName())) {
          writing.add(name(command) + " " + option.longestName());
        }
      }
    }
    Set<String> here = new TreeSet<>();
    for (String command : COMMANDS) {
      String name = command.replaceAll(" (IN|RUN|PACK|SMALL|--).*", "");
      Outputs.OPTIONS.stream()
          .filter(option -> command.contains(option + " OUT"))
          .forEach(option -> here.add(name + " " + option));
    }
    assertThat(here).isEqualTo(writing);
  }

  /** A place to write is judged at the start, so it must be known as one. */
  @Test
  void everyOptionThatTakesAPathIsKnownAsReadOrWritten() {
    Set<String> read =
        Set.of(
            "--checkpoint",
            "--config",
            "--distractors",
            "--embeddings",
            "--fonts",
            "--groups",
            "--images",
            "--labels",
            "--landmarks",
            "--query",
            "--template-pairs",
            "--templates",
            "--detector-scores");
    for (CommandLine command : all(Main.commandLine())) {
      for (OptionSpec option : command.getCommandSpec().options()) {
        if (Arrays.asList(option.auxiliaryTypes()).contains(Path.class)) {
          assertThat(Outputs.OPTIONS.contains(option.longestName()))
              .as(name(command) + " " + option.longestName())
              .isNotEqualTo(read.contains(option.longestName()));
        }
      }
    }
  }

  @Test
  void badInputLeavesNothing() throws IOException {
    byte[] pack = Files.readAllBytes(Path.of(PACK));
    Files.write(inputs.resolve("empty"), new byte[0]);
    Files.write(inputs.resolve("cut.rec"), Arrays.copyOf(pack, pack.length / 2));
    Files.write(inputs.resolve("junk.rec"), "nothing of the kind".getBytes());
    Files.writeString(inputs.resolve("junk.yaml"), "nothing: [of the kind\n");
    Files.copy(Path.of("../docs/images/report.png"), inputs.resolve("picture.png"));
    Files.createDirectories(inputs.resolve("folder"));
    List<Path> bad = new ArrayList<>(List.of(inputs.resolve("none"), inputs.resolve("none.rec")));
    try (Stream<Path> files = Files.list(inputs)) {
      files.sorted().forEach(bad::add);
    }
    for (String command : COMMANDS) {
      if (command.contains("IN")) {
        for (Path input : bad) {
          refused(command.replace("IN", input.toString()));
        }
      }
    }
  }

  /** Where a value is taken after all, what was written is removed. */
  @Test
  void badValuesLeaveNothing() throws IOException {
    int refused = 0;
    for (String command : COMMANDS) {
      CommandLine line = Main.commandLine();
      for (String word : command.replaceAll(" (IN|RUN|PACK|SMALL|--).*", "").split(" ")) {
        line = line.getSubcommands().get(word);
      }
      String sound =
          command.contains("pack-pairs") || command.startsWith("compare") // read what is no pack
              ? command
              : command.replace("IN", command.contains("--checkpoint IN") ? RUN : PACK);
      for (OptionSpec option : line.getCommandSpec().options()) {
        boolean path = Arrays.asList(option.auxiliaryTypes()).contains(Path.class);
        if (option.arity().max() == 0 || path || option.longestName().equals("--resume")) {
          continue;
        }
        for (String value : List.of("-1", "nonsense")) {
          if (run(
                  sound.replaceAll(option.longestName() + " \\S+", "")
                      + " "
                      + option.longestName()
                      + "="
                      + value)
              != 0) {
            refused++;
          }
        }
      }
    }
    assertThat(refused).isGreaterThan(50);
  }

  @Test
  void placesThatTakeNoResultAreToldBeforeAnyWork() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "x");
    Path folder = Files.createDirectories(temp.resolve("folder.npy.pt.safetensors"));
    for (String command : COMMANDS) {
      if (!command.contains("OUT")) {
        continue; // it writes into the run that it is given
      }
      String sound = command.replace("IN", inputs.resolve("none").toString());
      assertThat(run(sound.replaceAll("OUT", file.resolve("x/y").toString()))).isEqualTo(2);
      assertThat(said.lines()).as(command).hasSize(1);
      assertThat(said).as(command).contains(file + " is a file, wanted a folder");
      boolean toFolder =
          command.contains("--out OUT")
              && !command.contains("runs compare")
              && !command.contains("pack-pairs");
      run(
          sound.replaceAll(
              "OUT(\\.\\w+)?", (toFolder && !command.contains("OUT.") ? file : folder).toString()));
      assertThat(said).as(command).containsPattern("is a (file|folder), wanted a (folder|file)");
    }
  }

  @Test
  void aDeviceThatIsNotHereIsToldAndLeavesNothing() throws IOException {
    for (String command :
        List.of(
            "eval --checkpoint RUN --data PACK --json OUT",
            "embed --checkpoint RUN --data PACK --out OUT.npy",
            "search --checkpoint RUN --gallery PACK --cache OUT",
            "cluster PACK --checkpoint RUN --threshold 0.5 --cache OUT --out OUT",
            "data order PACK --checkpoint RUN --block 2 --out OUT",
            "data clean PACK --checkpoint RUN --out OUT")) {
      refused(command + " --device tpu");
      assertThat(said).contains("--device: got tpu, wanted auto, cpu, gpu or gpu:N");
      refused(command + " --device gpu:4000");
      assertThat(said).contains("--device gpu:4000: ").hasLineCount(1);
    }
  }

  private String said;

  private void refused(String command) throws IOException {
    assertThat(run(command)).as(command).isEqualTo(2);
    assertThat(said).as(command).isNotBlank();
  }

  /** Runs a command; a result of one that is taken is removed, one that is refused leaves none. */
  private int run(String command) throws IOException {
    Map<Path, Long> before = files();
    String line =
        command
            .replace("SMALL", StoredRun.SMALL.toString())
            .replace("RUN", RUN)
            .replace("PACK", PACK)
            .replace("PHOTOS", StoredRun.FOLDER.toString())
            .replace("PICTURE", PICTURE)
            .replace("OUT", results.resolve("a/b").toString());
    StoredRun.Outcome outcome = StoredRun.ffc(line.split(" "));
    said = outcome.err() + (line.contains("data stats") ? outcome.out() : "");
    if (outcome.code() == 0) {
      remove(results);
      Files.createDirectories(results);
    } else {
      assertThat(outcome.code()).as(line + "\n" + outcome).isEqualTo(2);
      assertThat(files()).as("left by " + line + "\n" + outcome).isEqualTo(before);
    }
    return outcome.code();
  }

  private Map<Path, Long> files() throws IOException {
    try (Stream<Path> files = Files.walk(temp)) {
      return files.collect(
          toMap(file -> file, RefusedCommandsTest::size, (a, b) -> a, TreeMap::new));
    }
  }

  private static long size(Path file) {
    try {
      return Files.isDirectory(file) ? -1 : Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file :
          files.sorted(Comparator.reverseOrder()).collect(toCollection(ArrayList::new))) {
        Files.delete(file);
      }
    }
  }

  private static String name(CommandLine command) {
    return command.getCommandSpec().qualifiedName().replaceFirst("^ffc ", "");
  }

  private static List<CommandLine> all(CommandLine top) {
    List<CommandLine> found = new ArrayList<>(List.of(top));
    top.getSubcommands().values().forEach(sub -> found.addAll(all(sub)));
    return found;
  }
}
