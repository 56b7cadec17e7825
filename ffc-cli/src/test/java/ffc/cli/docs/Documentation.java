package ffc.cli.docs;

import ffc.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * What the documentation tells people to type. A page is a markdown file, the comment at the head
 * of an experiment file, or the examples of all {@code --help} texts; its blocks have a language:
 *
 * <pre>
 * sh      commands that can be typed as they stand, top to bottom, in a clone of the project
 * output  lines that they print, numbers aside
 * yaml    a part of an experiment, or a manifest of Kubernetes (it has an apiVersion)
 * text    anything else
 * </pre>
 */
final class Documentation {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** The page made of the examples of all {@code --help} texts. */
  static final String HELP = "--help";

  /**
   * A fenced block.
   *
   * @param line of the page, from 1, of the first line in it
   */
  record Block(int line, String language, List<String> lines) {}

  /**
   * A page.
   *
   * @param name path relative to the project
   */
  record Page(String name, List<Block> blocks) {
    /** The commands of the page in their order. */
    List<String> commands() {
      List<String> commands = new ArrayList<>();
      for (Block block : of("sh")) {
        StringBuilder command = new StringBuilder();
        for (String line : block.lines()) {
          command.append(line.strip());
          if (line.endsWith("\\")) {
            command.setLength(command.length() - 1);
          } else if (!command.isEmpty()) {
            commands.add(command.toString().replaceAll("\\s+#\\s.*", ""));
            command.setLength(0);
          }
        }
      }
      return commands;
    }

    /** The blocks of a language. */
    List<Block> of(String language) {
      return blocks.stream().filter(block -> block.language().equals(language)).toList();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private Documentation() {}

  /** All pages that tell people to type something, by name. */
  static List<Page> pages() throws IOException {
    List<Page> pages = new ArrayList<>();
    for (Path file : files(".md", "", "docs", "examples", "data")) {
      pages.add(new Page(name(file), fences(file)));
    }
    for (Path file : files(".yaml", "configs")) {
      pages.add(new Page(name(file), header(file)));
    }
    pages.add(new Page(HELP, List.of(new Block(1, "sh", helpExamples()))));
    return pages;
  }

  private static String name(Path file) {
    return ROOT.relativize(file).toString();
  }

  private static List<Path> files(String ending, String... folders) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String folder : folders) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder), folder.isEmpty() ? 1 : 8)) {
        files
            .filter(file -> file.toString().endsWith(ending))
            .filter(file -> !file.toString().contains("/target/"))
            .sorted()
            .forEach(found::add);
      }
    }
    return found;
  }

  private static List<Block> fences(Path page) throws IOException {
    List<Block> blocks = new ArrayList<>();
    List<String> lines = Files.readAllLines(page);
    Block open = null;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.startsWith("```")) {
        if (open != null) {
          open.lines().add(lines.get(i));
        }
      } else if (open == null) {
        open = new Block(i + 2, line.substring(3), new ArrayList<>());
      } else {
        blocks.add(open);
        open = null;
      }
    }
    return blocks;
  }

  /** Lines of the comment at the head of a file that are set in by three blanks and more. */
  private static List<Block> header(Path file) throws IOException {
    List<String> commands = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.startsWith("#")) {
        break;
      }
      if (line.startsWith("#   ")) {
        commands.add(line.substring(4));
      }
    }
    return commands.isEmpty() ? List.of() : List.of(new Block(1, "sh", commands));
  }

  private static List<String> helpExamples() {
    Set<String> examples = new LinkedHashSet<>();
    addExamples(Main.commandLine(), examples);
    return List.copyOf(examples);
  }

  private static void addExamples(CommandLine command, Set<String> examples) {
    UsageMessageSpec usage = command.getCommandSpec().usageMessage();
    for (String line : usage.footer()) {
      if (line.startsWith("  ")) {
        examples.add(line.strip());
      }
    }
    command.getSubcommands().values().forEach(sub -> addExamples(sub, examples));
  }
}
