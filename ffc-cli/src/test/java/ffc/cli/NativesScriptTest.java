package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How {@code FFC_TORCH} chooses a PyTorch, on made-up machines: a folder as PATH with a python, a
 * compiler and a JDK that only look like ones.
 */
class NativesScriptTest {
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

  @TempDir Path temp;
  private Path bin;
  private Path natives;
  private Path torch;
  private final Map<String, String> environment = new HashMap<>();

  private record Result(int code, String err, String out) {
    String variable(String name) {
      return out.lines()
          .filter(line -> line.startsWith(name + "="))
          .map(line -> line.substring(name.length() + 1))
          .findFirst()
          .orElse("");
    }
  }

  @BeforeEach
  void aMachineWithAPython() throws IOException {
    natives = Files.createDirectories(temp.resolve("natives"));
    try (Stream<Path> files = Files.list(Path.of("../natives"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, natives.resolve(file.getFileName()));
      }
    }
    bin = Files.createDirectories(temp.resolve("bin"));
    for (String tool : BASICS) {
      Path real = Path.of("/usr/bin", tool);
      script(tool, "exec " + (Files.exists(real) ? real : Path.of("/bin", tool)) + " \"$@\"");
    }
    Path jdk = Files.createDirectories(temp.resolve("jdk/include")).getParent();
    Files.createFile(jdk.resolve("include/jni.h"));
    torch = torch("site-packages/torch", "2.13.0");
    python("echo torch:" + torch);
    compiler("");
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("FFC_TORCH", "python3");
    environment.put("XDG_CACHE_HOME", temp.resolve("cache").toString());
  }

  @Test
  void aPythonsTorchIsBridgedOnceAndAgainWhenItOrTheSourceChanges() throws Exception {
    Result first = run();
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.err().lines()).hasSize(1);
    assertThat(first.err()).contains("compiling the bridge to PyTorch 2.13.0 in " + torch);
    Path bridge = Path.of(first.variable("PYTORCH_LIBRARY_PATH"));
    assertThat(bridge).startsWith(temp.resolve("cache/ffc/natives"));
    assertThat(bridge.resolve("libdjl_torch.so")).exists();
    assertThat(bridge.resolve("libtorch.so").toRealPath())
        .isEqualTo(torch.resolve("lib/libtorch.so"));
    assertThat(first.variable("PYTORCH_VERSION")).isEqualTo("2.13.0");
    assertThat(first.variable("PYTORCH_FLAVOR")).isEqualTo("cpu");

    Result again = run();
    assertThat(again.err()).isEmpty();
    assertThat(again.variable("PYTORCH_LIBRARY_PATH")).isEqualTo(bridge.toString());
    assertThat(compiled()).isEqualTo(1);

    Files.writeString(natives.resolve("bridge.cpp"), "// changed\n");
    assertThat(run().variable("PYTORCH_LIBRARY_PATH")).isNotEqualTo(bridge.toString());
    Files.writeString(torch.resolve("lib/libtorch_cpu.so"), "another build");
    Files.createFile(torch.resolve("lib/libtorch_cuda.so"));
    assertThat(run().variable("PYTORCH_FLAVOR")).isEqualTo("cuda");
    assertThat(compiled()).isEqualTo(3);
  }

  @Test
  void twoStartsAtTheSameTimeCompileOnce() throws Exception {
    Process one = start();
    Process two = start();

    assertThat(finish(one).variable("PYTORCH_LIBRARY_PATH"))
        .isNotEmpty()
        .isEqualTo(finish(two).variable("PYTORCH_LIBRARY_PATH"));
    assertThat(compiled()).isEqualTo(1);
  }

  @Test
  void aFolderOfALibtorchIsTakenAsItIs() throws Exception {
    Path libtorch = torch("opt/libtorch", "2.14.1");
    for (Path folder : List.of(libtorch, libtorch.resolve("lib"))) {
      environment.put("FFC_TORCH", folder.toString());
      assertThat(run().variable("PYTORCH_VERSION")).isEqualTo("2.14.1");
    }
    environment.put("FFC_TORCH", temp.toString());
    refused("FFC_TORCH=" + temp + " has no lib/libtorch.so: name the folder of a libtorch");
  }

  @Test
  void autoTakesTheTorchOfPython3WhereAGpuIs() throws Exception {
    environment.put("FFC_TORCH", "auto");
    if (!Files.exists(Path.of("/proc/driver/nvidia/gpus"))) {
      assertThat(run().variable("PYTORCH_LIBRARY_PATH")).isEmpty();
    }
    script("nvidia-smi", "echo 'GPU 0: NVIDIA H100 (UUID: GPU-1)'");
    assertThat(run().variable("PYTORCH_VERSION")).isEqualTo("2.13.0");
    python("echo torch:");
    refused("python3 has no torch: install it (");
  }

  @Test
  void aPythonThatIsMissingOrBrokenOrWithoutTorchIsRefused() throws Exception {
    environment.put("FFC_TORCH", "python4");
    refused("FFC_TORCH=python4 is no program and no folder: name a python that has torch");
    environment.put("FFC_TORCH", "python3");
    python("echo Traceback >&2; echo \"ImportError: no module named 'site'\" >&2; exit 1");
    refused("python3 fails: ImportError: no module named 'site'");
    python("echo hello");
    refused("python3 is no python: it says hello");
    python("echo torch:");
    refused("python3 has no torch: install it (");
    python("echo torch:" + temp);
    refused(temp + " has no lib/libtorch.so: install torch from its own wheels");
  }

  @Test
  void aTorchThatIsTooOldOrWithoutHeadersIsRefused() throws Exception {
    python("echo torch:" + torch("old", "2.3.1"));
    refused("PyTorch 2.3.1 in " + temp.resolve("old") + " is too old: install 2.4 or newer");
    python("echo torch:" + torch("oldest-that-will-do", "2.4.0"));
    assertThat(run().code()).isZero();
    Files.delete(torch.resolve("include/torch/csrc/api/include/torch/version.h"));
    python("echo torch:" + torch);
    refused(torch + " comes without headers (");
  }

  @Test
  void withoutACompilerOrAJdkOrAFolderForTheBridgeItSaysWhatToDo() throws Exception {
    environment.put("XDG_CACHE_HOME", "/proc/none");
    refused("cannot write into /proc/none/ffc/natives", "set XDG_CACHE_HOME to a folder");
    environment.put("XDG_CACHE_HOME", temp.resolve("cache").toString());
    Files.delete(temp.resolve("jdk/include/jni.h"));
    refused("has no include/jni.h", "install a JDK 17 or newer, not a JRE");
    Files.delete(bin.resolve("g++"));
    refused("no g++ found", "install g++ 11 or newer");
    assertThat(temp.resolve("cache")).doesNotExist();
  }

  @Test
  void aBridgeThatDoesNotCompileLeavesItsLogAndIsTriedAgain() throws Exception {
    compiler("echo 'bind.h:3:1: error: no such thing' >&2; exit 1");

    Result failed = run();
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err())
        .contains("does not compile: bind.h:3:1: error: no such thing (all of it is in ");
    compiler("");
    assertThat(run().code()).isZero();
    try (Stream<Path> kept = Files.list(temp.resolve("cache/ffc/natives"))) {
      assertThat(kept.map(file -> file.getFileName().toString()))
          .as("nothing half-made stays")
          .hasSize(2)
          .anyMatch(name -> name.equals(".lock"));
    }
  }

  @Test
  void withoutAChoiceNothingIsLookedFor() throws Exception {
    environment.remove("FFC_TORCH");
    Files.delete(bin.resolve("python3"));
    Files.delete(bin.resolve("g++"));
    Result result = run();
    assertThat(result.code()).isZero();
    assertThat(result.variable("PYTORCH_LIBRARY_PATH")).isEmpty();
  }

  private void refused(String... reasons) throws Exception {
    Result result = run();
    assertThat(result.code()).as(result.err()).isEqualTo(2);
    assertThat(result.err().lines()).as(result.err()).hasSize(1);
    assertThat(result.err()).startsWith("natives/with: ").contains(reasons);
  }

  /** What of a PyTorch the script looks at. */
  private Path torch(String name, String version) throws IOException {
    Path folder = temp.resolve(name);
    Path header = folder.resolve("include/torch/csrc/api/include/torch/version.h");
    Files.createDirectories(header.getParent());
    String[] parts = version.split("\\.");
    Files.writeString(
        header,
        "#define TORCH_VERSION_MAJOR %s\n#define TORCH_VERSION_MINOR %s\n#define TORCH_VERSION_PATCH %s\n"
            .formatted((Object[]) parts));
    Files.createDirectories(folder.resolve("lib"));
    for (String library : List.of("libtorch.so", "libtorch_cpu.so", "libc10.so")) {
      Files.createFile(folder.resolve("lib").resolve(library));
    }
    return folder;
  }

  private void python(String body) throws IOException {
    script("python3", body);
  }

  /** Notes that it was called and makes the file after -o, unless the body ends it before. */
  private void compiler(String body) throws IOException {
    script(
        "g++",
        """
        echo compiled >> %s/compiled
        %s
        while [[ $1 != -o ]]; do shift; done
        echo library > "$2\""""
            .formatted(temp, body));
  }

  private long compiled() throws IOException {
    return Files.readAllLines(temp.resolve("compiled")).size();
  }

  private void script(String name, String body) throws IOException {
    Path file = bin.resolve(name);
    Files.writeString(file, "#!/bin/bash\n" + body + "\n", StandardCharsets.UTF_8);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Result run() throws Exception {
    return finish(start());
  }

  private Process start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/bash", natives.resolve("with").toString(), "env")
            .directory(temp.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Result finish(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), err, out);
  }
}
