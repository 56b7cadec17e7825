package ffc.cli.pack;

import ffc.engine.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * A Java runtime of the modules that the program needs, with jni.h, for machines that have none.
 */
final class RuntimeImage {
  private static final List<String> MODULES =
      List.of(
          "java.base",
          "java.desktop",
          "java.instrument",
          "java.logging",
          "java.management",
          "java.naming",
          "java.net.http",
          "java.scripting",
          "java.sql",
          "java.xml",
          "jdk.crypto.ec",
          "jdk.httpserver",
          "jdk.jfr",
          "jdk.management",
          "jdk.unsupported",
          "jdk.zipfs");

  /** For windows and sound, which a training does not need, and which ask for libraries of X11. */
  private static final List<String> NOT_NEEDED =
      List.of("libawt_xawt.so", "libsplashscreen.so", "libjawt.so", "libjsound.so");

  /** What every Linux with g++ has. */
  private static final Pattern OF_THE_SYSTEM =
      Pattern.compile("lib(c|m|dl|pthread|rt|gcc_s|stdc\\+\\+)\\.so.*|ld-linux.*");

  private static final Pattern DEPENDENCY = Pattern.compile("\\s*(\\S+) => (/\\S+) \\(.*");

  private final Path folder;

  private RuntimeImage(Path folder) {
    this.folder = folder;
  }

  /**
   * Makes one.
   *
   * @param folder that is not there yet
   * @throws IllegalArgumentException if this runtime is none that one can be made from
   */
  static void make(Path folder) throws IOException {
    RuntimeImage image = new RuntimeImage(folder);
    image.link();
    for (String name : NOT_NEEDED) {
      Files.deleteIfExists(folder.resolve("lib").resolve(name));
    }
    image.addLibraries();
  }

  private void link() {
    ToolProvider jlink =
        ToolProvider.findFirst("jlink")
            .filter(there -> Files.isDirectory(Path.of(System.getProperty("java.home"), "jmods")))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        System.getProperty("java.home")
                            + " has no jlink or no jmods: pack wants a whole JDK (Debian: apt install"
                            + " openjdk-17-jdk-headless)"));
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    // Not compressed: all of it together compresses better.
    int code =
        jlink.run(
            out,
            out,
            "--strip-debug",
            "--no-man-pages",
            "--output",
            folder.toString(),
            "--add-modules",
            String.join(",", MODULES));
    if (code != 0) {
      throw new IllegalStateException(
          "jlink failed: " + said.toString(StandardCharsets.UTF_8).replaceAll("\\s+", " "));
    }
  }

  /**
   * A JDK of a distribution takes its image and font libraries from the system. Beside its own ones
   * they are found, which look in their own folder first.
   */
  private void addLibraries() throws IOException {
    Path lib = folder.resolve("lib");
    List<Path> own;
    try (Stream<Path> files = Files.list(lib)) {
      own = files.filter(file -> file.toString().endsWith(".so")).toList();
    }
    for (Path library : own) {
      for (Path needed : dependencies(library)) {
        if (!needed.toRealPath().startsWith(lib.toRealPath())) {
          copy(needed, lib);
        }
      }
    }
  }

  static void copy(Path library, Path folder) throws IOException {
    Path there = folder.resolve(library.getFileName());
    if (Files.notExists(there)) {
      Files.copy(library.toRealPath(), there);
    }
  }

  /** Libraries that the linker would load with one, those of every system left out. */
  static List<Path> dependencies(Path library) {
    List<Path> found = new ArrayList<>();
    String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
    for (String line : Tool.ask(path, "ldd", library.toString()).orElse(List.of())) {
      Matcher dependency = DEPENDENCY.matcher(line);
      if (dependency.matches() && !OF_THE_SYSTEM.matcher(dependency.group(1)).matches()) {
        found.add(Path.of(dependency.group(2)));
      }
    }
    return found;
  }
}
