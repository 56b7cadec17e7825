package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A machine for scripts of {@code natives/}: a folder as PATH with a python that has a torch, a
 * compiler and a JDK that only look like ones. The variables are {@link #environment}.
 */
final class MadeUpMachine {
  private static final List<String> BASICS =
      List.of(
          "bash",
          "env",
          "readlink",
          "dirname",
          "sed",
          "grep",
          "cat",
          "tail",
          "head",
          "stat",
          "sleep",
          "sort",
          "sha256sum",
          "mktemp",
          "mkdir",
          "flock",
          "sync",
          "chmod",
          "ln",
          "mv",
          "rm");

  final Path folder;
  final Path bin;
  final Path natives;

  /** The torch of python3. */
  final Path torch;

  final Map<String, String> environment = new HashMap<>();

  record Result(int code, String err, String out) {
    String variable(String name) {
      return out.lines()
          .filter(line -> line.startsWith(name + "="))
          .map(line -> line.substring(name.length() + 1))
          .findFirst()
          .orElse("");
    }
  }

  MadeUpMachine(Path folder) throws IOException {
    this.folder = folder;
    natives = Files.createDirectories(folder.resolve("natives"));
    try (Stream<Path> files = Files.list(Path.of("../natives"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, natives.resolve(file.getFileName()));
      }
    }
    bin = Files.createDirectories(folder.resolve("bin"));
    for (String tool : BASICS) {
      Path real = Path.of("/usr/bin", tool);
      script(tool, "exec " + (Files.exists(real) ? real : Path.of("/bin", tool)) + " \"$@\"");
    }
    Path jdk = Files.createDirectories(folder.resolve("jdk/include")).getParent();
    Files.createFile(jdk.resolve("include/jni.h"));
    torch = torch("site-packages/torch", "2.13.0");
    python("echo torch:" + torch);
    compiler("");
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("FFC_TORCH", "python3");
    environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
  }

  /** What of a PyTorch the script looks at. */
  Path torch(String name, String version) throws IOException {
    Path made = folder.resolve(name);
    Path header = made.resolve("include/torch/csrc/api/include/torch/version.h");
    Files.createDirectories(header.getParent());
    String[] parts = version.split("\\.");
    Files.writeString(
        header,
        "#define TORCH_VERSION_MAJOR %s\n#define TORCH_VERSION_MINOR %s\n#define TORCH_VERSION_PATCH %s\n"
            .formatted((Object[]) parts));
    Files.createDirectories(made.resolve("lib"));
    for (String library : List.of("libtorch.so", "libtorch_cpu.so", "libc10.so")) {
      Files.createFile(made.resolve("lib").resolve(library));
    }
    return made;
  }

  void python(String body) throws IOException {
    script("python3", body);
  }

  /** Notes that it was called and makes the file after -o, unless the body ends it before. */
  void compiler(String body) throws IOException {
    script(
        "g++",
        """
        echo compiled >> %s/compiled
        %s
        while [[ $1 != -o ]]; do shift; done
        echo library > "$2\""""
            .formatted(folder, body));
  }

  long compiled() throws IOException {
    return Files.readAllLines(folder.resolve("compiled")).size();
  }

  void script(String name, String body) throws IOException {
    program(bin.resolve(name), body);
  }

  static void program(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + body + "\n", StandardCharsets.UTF_8);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  /** Runs one of the scripts to its end. */
  Result run(String script, String... arguments) throws Exception {
    return finish(start(script, arguments));
  }

  Process start(String script, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("/bin/bash", natives.resolve(script).toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  static Result finish(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), err, out);
  }
}
