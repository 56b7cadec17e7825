package ffc.cli.hostile;

import ffc.cli.InProcess;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether what a user sees is a result or one clear line. */
final class Verdict {
  private static final Pattern RAW =
      Pattern.compile(
          "(?m)^\\s+at |\\b(?:java|javax|jdk|sun|ai\\.djl|tools\\.jackson|ffc)(?:\\.[a-z]\\w*)+\\.[A-Z]\\w*"
              + "|\\b[A-Z]\\w+(?:Exception|Error)\\b|\\bNegativeArraySize|\\[Ljava|@[0-9a-f]{6,8}\\b");
  private static final Pattern NULL = Pattern.compile("\\bnull\\b");
  private static final int LONGEST = 2000;
  private static final int MOST_LINES = 120;

  private Verdict() {}

  /**
   * What is wrong with an outcome.
   *
   * @param input what was typed and read, as text: words of it may be quoted
   * @return null if nothing is
   */
  static String of(Kind kind, List<String> arguments, InProcess.Outcome outcome, String input) {
    String said = outcome.err() + outcome.out();
    Matcher raw = RAW.matcher(outcome.err());
    if (raw.find() && !input.contains(raw.group().strip())) {
      return "raw exception: " + brief(outcome.err());
    }
    if (NULL.matcher(outcome.err()).find() && !NULL.matcher(input).find() && !input.contains("~")) {
      return "null: " + brief(outcome.err());
    }
    // Documented: sound numbers too large for the next step.
    boolean failed = outcome.code() == 1 && outcome.err().contains("is not finite");
    if (outcome.code() != 0 && outcome.code() != 2 && !failed) {
      return "exit code " + outcome.code() + ": " + brief(said);
    }
    if (outcome.code() != 2) {
      return null;
    }
    if (arguments.contains("verify") && !outcome.out().isBlank()) {
      return null; // its result is a list of faults
    }
    List<String> lines = outcome.err().strip().lines().toList();
    if (lines.isEmpty() || lines.get(0).isBlank()) {
      return "exit code 2 without a word";
    }
    boolean all = kind == Kind.config || kind == Kind.override; // all mistakes, a line each
    if (lines.size() > (all ? MOST_LINES : 1)) {
      return lines.size() + " lines: " + brief(outcome.err());
    }
    if (lines.stream().anyMatch(line -> line.length() > LONGEST)) {
      return "a line of more than " + LONGEST + " characters: " + brief(outcome.err());
    }
    return null;
  }

  static String brief(String text) {
    String line = text.strip().replaceAll("\\s*\\R\\s*", " / ");
    return line.length() <= 400 ? line : line.substring(0, 400) + "...";
  }
}
