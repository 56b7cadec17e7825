package ffc.cli.hostile;

import ffc.cli.InProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A JVM that reads some cases one after the other and prints a line before and after each: {@code
 * case N}, then {@code sound N code} or {@code failed N why}. A case that hangs, exhausts the heap
 * or crashes ends it.
 */
final class HostileCases {
  static final int HUNG = 99;
  private static final long LIMIT_MILLIS = 60_000;

  private final Kind kind;
  private final long seed;
  private final Sound sound;
  private final Path work;

  HostileCases(Kind kind, long seed, Sound sound, Path work) {
    this.kind = kind;
    this.seed = seed;
    this.sound = sound;
    this.work = work;
  }

  /** Arguments: kind, seed, first case, last case, working folder. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    Path work = Path.of(args[4]);
    Sound sound = Sound.make(work.resolve("sound"));
    HostileCases cases =
        new HostileCases(Kind.valueOf(args[0]), Long.parseLong(args[1]), sound, work);
    for (int number = Integer.parseInt(args[2]); number <= Integer.parseInt(args[3]); number++) {
      out.println("case " + number);
      Thread watchdog = watch(out, number);
      String wrong = cases.run(number);
      watchdog.interrupt();
      out.println(wrong == null ? "sound " + number : "failed " + number + " " + wrong);
    }
    System.exit(0);
  }

  /**
   * Runs one case; its folder stays if something is wrong.
   *
   * @return what is wrong with its outcome, or null
   */
  String run(int number) throws IOException {
    Path folder = Files.createDirectories(folder(work, number));
    List<String> arguments = kind.attempt(sound, folder, random(number));
    Files.writeString(folder.resolve("command.txt"), "./ffc " + String.join(" ", arguments) + "\n");
    String input = String.join(" ", arguments) + text(folder);
    try {
      String wrong = Verdict.of(kind, arguments, InProcess.run(arguments), input);
      if (wrong == null) {
        delete(folder);
      }
      return wrong;
    } catch (Throwable raw) { // whatever a user would see as a stack trace
      return "raw " + Verdict.brief(raw + " at " + List.of(raw.getStackTrace()).subList(0, 1));
    }
  }

  /** Mixed first: what generators of neighbouring seeds draw first is nearly the same. */
  private Random random(int number) {
    return new Random(new SplittableRandom(31 * seed + number).nextLong());
  }

  /** The folder of a case below the working folder. */
  static Path folder(Path work, int number) {
    return work.resolve("case-" + number);
  }

  private static String text(Path folder) throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.size(file) < 1 << 16) {
          text.append(Sums.latin(Files.readAllBytes(file)));
        }
      }
    }
    return text.toString();
  }

  private static Thread watch(PrintStream out, int number) {
    Thread main = Thread.currentThread();
    Thread watchdog =
        new Thread(
            () -> {
              try {
                Thread.sleep(LIMIT_MILLIS);
              } catch (InterruptedException e) {
                return;
              }
              StringBuilder at = new StringBuilder();
              for (StackTraceElement element : main.getStackTrace()) {
                at.append(" < ").append(element);
              }
              out.println("failed " + number + " hang of 60 s" + Verdict.brief(at.toString()));
              out.flush();
              Runtime.getRuntime().halt(HUNG);
            },
            "watchdog");
    watchdog.setDaemon(true);
    watchdog.start();
    return watchdog;
  }

  static void delete(Path root) throws IOException {
    if (Files.notExists(root)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
