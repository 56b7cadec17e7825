package ffc.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Types the commands of a page, one after the other, and looks at what they leave. */
final class DocumentedCommands {
  /** Commands, by how they begin, that cannot run here, with the reason. */
  static final Map<String, String> NOT_RUN = new LinkedHashMap<>();

  static {
    NOT_RUN.put("mvn verify", "runs this very test; DocumentationTest compares it with .ci/run");
    NOT_RUN.put("FFC_TORCH=", "wants a PyTorch of the machine");
    NOT_RUN.put("natives/verify", "wants a PyTorch of the machine, and runs in .ci/run");
    NOT_RUN.put("bench/gpu/pack.sh ", "runs Maven for the test classes; PackTest makes a pack");
    NOT_RUN.put("DEVICE=cpu ", "wants a PyTorch of the machine, and what pack.sh makes");
    NOT_RUN.put(
        "./ffc train big.yaml --trainers 3 --rank ", "wants the addresses of three machines");
    NOT_RUN.put("./ffc member ", "serves trainers on other machines until they are done");
    NOT_RUN.put("mvn -Pmutation ", "changes the program for half an hour");
    NOT_RUN.put("bench/mutation_table.py ", "reads what the run before it leaves");
    NOT_RUN.put("./ffc eval --checkpoint runs/kept ", "wants more checkpoints than a trial has");
    NOT_RUN.put("./ffc export --checkpoint runs/kept ", "wants more checkpoints than a trial has");
    NOT_RUN.put("tensorboard ", "a program of its own, in Python");
    NOT_RUN.put("./ffc data split data/celeba-10k/", "wants photographs that nobody may hand on");
    NOT_RUN.put("FFC_CELEBA=", "wants the same photographs");
    NOT_RUN.put("./ffc data glyphs ", "draws from the fonts of the machine");
  }

  /**
   * Pages whose commands take seconds: they run in every build, the others with the fault tests.
   */
  static final Set<String> QUICK =
      Set.of(
          "docs/own-data.md",
          "docs/scale.md",
          "configs/glint360k-r50-ffc.yaml",
          "configs/glint360k-r50-pfc.yaml",
          "configs/webface42m-r100-ffc.yaml",
          "README.md");

  private static final Set<String> COMPARISONS = ConcurrentHashMap.newKeySet();
  private static final Pattern REPORT = Pattern.compile("(?m)^report (\\S+)$");
  private static final Pattern NUMBER = Pattern.compile("[0-9]+([.,:-][0-9]+)*(e-[0-9]+)?");

  private DocumentedCommands() {}

  /** Why a command is not run here; empty if it is. */
  static Optional<String> reason(String command) {
    return NOT_RUN.entrySet().stream()
        .filter(entry -> command.startsWith(entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** The pages with commands that run, quick ones or the others. */
  static List<Documentation.Page> pages(boolean quick) throws IOException {
    return Documentation.pages().stream()
        .filter(page -> QUICK.contains(page.name()) == quick)
        .filter(page -> page.commands().stream().anyMatch(c -> reason(c).isEmpty()))
        .toList();
  }

  /** Runs the commands of a page in a clone. */
  static void type(Documentation.Page page, Path folder) throws Exception {
    ClonedProject clone = ClonedProject.in(folder);
    String commands = page.commands().toString();
    for (String absent : List.of("data/glyph-dev", "data/faces")) {
      if (commands.contains(absent)) {
        clone.standIn(absent);
      }
    }
    if (commands.contains("data import photos ") && !commands.contains(" --out photos")) {
      clone.photographs("photos");
    }
    StringBuilder all = new StringBuilder();
    for (String command : page.commands()) {
      // A comparison depends on nothing that a page has done before.
      boolean done = command.contains("./ffc compare ") && !COMPARISONS.add(command);
      if (reason(command).isEmpty() && !done) {
        long start = System.nanoTime();
        ClonedProject.Result result = clone.run(command);
        System.out.printf("%s: %s (%.1f s)%n", page, command, (System.nanoTime() - start) / 1e9);
        check(page + ": " + command, command, result, clone.folder());
        all.append(result.text());
      }
    }
    assertThat(linesNeverPrinted(page, all.toString()))
        .as("lines that %s shows as output and no command prints:%n%s", page, all)
        .isEmpty();
  }

  private static void check(String title, String command, ClonedProject.Result result, Path folder)
      throws IOException {
    assertThat(result.code()).as("%s%n%s", title, result.text()).isZero();
    assertThat(result.text())
        .as(title)
        .doesNotContain("\tat ", "Exception", "building the program");
    if (command.contains("./ffc train ")) {
      // A run that is resumed at its end has no steps to cut.
      assertThat(result.text())
          .as(title)
          .containsAnyOf("ffc: FFC_TRY=3 takes the first steps only: ", "no step is left to train");
      Matcher report = REPORT.matcher(result.text());
      assertThat(report.find()).as("%s%n%s", title, result.text()).isTrue();
      Path run = folder.resolve(report.group(1)).getParent();
      assertThat(run.resolve("report.html")).as(title).isNotEmptyFile();
      assertThat(run.resolve("summary.json")).as(title).content().contains("\"finished\" : true");
      assertThat(run.resolve("checkpoints/step-00000003")).as(title).isNotEmptyDirectory();
    }
    if (command.contains("./ffc compare ")) {
      assertThat(result.text()).as(title).contains("comparison runs/").doesNotContain("failed");
      try (Stream<Path> cells = Files.walk(folder.resolve("runs"), 4)) {
        assertThat(cells).as(title).anyMatch(file -> file.endsWith("summary.json"));
      }
    }
  }

  private static List<String> linesNeverPrinted(Documentation.Page page, String printed) {
    List<String> missing = new ArrayList<>();
    for (Documentation.Block block : page.of("output")) {
      for (String line : block.lines()) {
        if (!line.equals("...") && !pattern(line).matcher(printed).find()) {
          missing.add(line);
        }
      }
    }
    return missing;
  }

  /** A line with any other numbers in the place of its own; "..." stands for anything. */
  private static Pattern pattern(String line) {
    StringBuilder pattern = new StringBuilder("(?m)^");
    Matcher numbers = NUMBER.matcher(line);
    int from = 0;
    while (numbers.find()) {
      pattern.append(literal(line.substring(from, numbers.start()))).append("[0-9.,:e-]+");
      from = numbers.end();
    }
    // A trial judges a part of a set, and says so behind the figures.
    String all =
        pattern
            .append(literal(line.substring(from)))
            .append("(  on a part of the set: .*)?$")
            .toString();
    // The speed of a run leaves its first ten steps out, which are all that a trial makes.
    return Pattern.compile(
        all.replace(", \\E[0-9.,:e-]+\\Q images/s;", "\\E(, [0-9]+ images/s)?\\Q;"));
  }

  private static String literal(String text) {
    return Pattern.quote(text).replace("...", "\\E.*\\Q");
  }
}
