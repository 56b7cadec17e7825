package ffc.cli.hostile;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Damaged configs, overrides, packs, indexes, lists, pickles, weights, embeddings and checkpoints,
 * read by the command line in JVMs that are started again when a case ends one. Every case must end
 * with exit code 0 or 2 and one clear line: no hang of 60 s, no exhausted heap, no raw exception.
 * Prints totals by kind; failures are kept with the command that repeats them. {@code
 * bench/hostile.sh} starts it.
 */
public final class HostileInput {
  private static final int CASES_A_JVM = 400;

  private final long seed;
  private final Path out;
  private final Map<Kind, Integer> ran = new EnumMap<>(Kind.class);
  private final Map<Kind, Map<Integer, String>> failures = new EnumMap<>(Kind.class);

  private HostileInput(long seed, Path out) {
    this.seed = seed;
    this.out = out;
  }

  /** Arguments: cases in all, seed, folder for failures, then the kinds (default: all). */
  public static void main(String[] args) throws Exception {
    int cases = Integer.parseInt(args[0]);
    HostileInput all = new HostileInput(Long.parseLong(args[1]), Path.of(args[2]).toAbsolutePath());
    List<Kind> kinds =
        args.length > 3
            ? Stream.of(args).skip(3).map(Kind::valueOf).toList()
            : List.of(Kind.values());
    Files.createDirectories(all.out);
    System.out.println("hostile input: " + cases + " cases, seed " + args[1] + ", " + all.out);
    int shares = kinds.stream().mapToInt(Kind::share).sum();
    for (Kind kind : kinds) {
      all.run(kind, (cases * kind.share() + shares - 1) / shares);
    }
    String table = all.table();
    Files.writeString(all.out.resolve("hostile.md"), table);
    System.out.println(table);
    System.exit(all.failures.values().stream().allMatch(Map::isEmpty) ? 0 : 1);
  }

  private void run(Kind kind, int cases) throws Exception {
    failures.put(kind, new LinkedHashMap<>());
    ran.put(kind, 0);
    int next = 1;
    while (next <= cases) {
      next = part(kind, next, Math.min(cases, next + CASES_A_JVM - 1));
    }
    System.out.printf("%s: %d cases, %d failed%n", kind, cases, failures.get(kind).size());
  }

  /** Runs some cases in one JVM; returns the first that it did not come to. */
  private int part(Kind kind, int from, int to) throws Exception {
    Path work = Files.createTempDirectory("ffc-hostile");
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-Djava.awt.headless=true",
                "-Djava.io.tmpdir=" + work,
                "-cp",
                System.getProperty("java.class.path"),
                HostileCases.class.getName(),
                kind.name(),
                Long.toString(seed),
                Integer.toString(from),
                Integer.toString(to),
                work.toString())
            .redirectError(ProcessBuilder.Redirect.appendTo(out.resolve("stderr.txt").toFile()))
            .start();
    int running = from - 1;
    boolean ended = true;
    try (BufferedReader lines = jvm.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ", 3);
        if (words[0].equals("case")) {
          running = Integer.parseInt(words[1]);
          ended = false;
        } else if (words[0].equals("sound")) {
          ended = true;
          ran.merge(kind, 1, Integer::sum);
        } else if (words[0].equals("failed")) {
          ended = true;
          ran.merge(kind, 1, Integer::sum);
          keep(kind, running, words[2], work);
        }
      }
    }
    jvm.waitFor(1, TimeUnit.MINUTES);
    if (!ended) {
      ran.merge(kind, 1, Integer::sum);
      int code = jvm.exitValue();
      keep(kind, running, code == 3 ? "heap exhausted" : "the JVM died with " + code, work);
    } else if (running < from) {
      throw new IllegalStateException("no case was run: see " + out.resolve("stderr.txt"));
    }
    HostileCases.delete(work);
    return running + 1;
  }

  private void keep(Kind kind, int number, String why, Path work) throws IOException {
    failures.get(kind).put(number, why);
    Path from = HostileCases.folder(work, number);
    Path to = out.resolve(kind + "-" + number);
    HostileCases.delete(to);
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Files.copy(
            path,
            to.resolve(from.relativize(path).toString()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Path command = to.resolve("command.txt");
    String text = Files.readString(command).replace(from.toString(), to.toString());
    Files.writeString(command, text);
    System.out.printf("%s %d: %s%n    %s", kind, number, why, text);
  }

  private String table() {
    StringBuilder text = new StringBuilder("| input | cases | failed |\n|---|---|---|\n");
    ran.forEach(
        (kind, cases) ->
            text.append("| %s | %,d | %d |\n".formatted(kind, cases, failures.get(kind).size())));
    int failed = failures.values().stream().mapToInt(Map::size).sum();
    int all = ran.values().stream().mapToInt(Integer::intValue).sum();
    return text.append("| **all** | %,d | %d |\n\nSeed %d.\n".formatted(all, failed, seed))
        .toString();
  }
}
