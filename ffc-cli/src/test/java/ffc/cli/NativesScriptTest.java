package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.MadeUpMachine.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How {@code FFC_TORCH} chooses a PyTorch, on made-up machines. */
class NativesScriptTest {
  @TempDir Path temp;
  private MadeUpMachine machine;
  private Path torch;
  private Path bin;
  private Map<String, String> environment;

  @BeforeEach
  void aMachineWithAPython() throws IOException {
    machine = new MadeUpMachine(temp);
    torch = machine.torch;
    bin = machine.bin;
    environment = machine.environment;
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
    assertThat(machine.compiled()).isEqualTo(1);

    Files.writeString(machine.natives.resolve("bridge.cpp"), "// changed\n");
    assertThat(run().variable("PYTORCH_LIBRARY_PATH")).isNotEqualTo(bridge.toString());
    Files.writeString(torch.resolve("lib/libtorch_cpu.so"), "another build");
    Files.createFile(torch.resolve("lib/libtorch_cuda.so"));
    assertThat(run().variable("PYTORCH_FLAVOR")).isEqualTo("cuda");
    assertThat(machine.compiled()).isEqualTo(3);
  }

  @Test
  void twoStartsAtTheSameTimeCompileOnce() throws Exception {
    Process one = machine.start("with", "env");
    Process two = machine.start("with", "env");

    assertThat(MadeUpMachine.finish(one).variable("PYTORCH_LIBRARY_PATH"))
        .isNotEmpty()
        .isEqualTo(MadeUpMachine.finish(two).variable("PYTORCH_LIBRARY_PATH"));
    assertThat(machine.compiled()).isEqualTo(1);
  }

  @Test
  void aFolderOfALibtorchIsTakenAsItIs() throws Exception {
    Path libtorch = machine.torch("opt/libtorch", "2.14.1");
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
    machine.script("nvidia-smi", "echo 'GPU 0: NVIDIA H100 (UUID: GPU-1)'");
    assertThat(run().variable("PYTORCH_VERSION")).isEqualTo("2.13.0");
    machine.python("echo torch:");
    refused("python3 has no torch: install it (");
  }

  @Test
  void aPythonThatIsMissingOrBrokenOrWithoutTorchIsRefused() throws Exception {
    environment.put("FFC_TORCH", "python4");
    refused("FFC_TORCH=python4 is no program and no folder: name a python that has torch");
    environment.put("FFC_TORCH", "python3");
    machine.python("echo Traceback >&2; echo \"ImportError: no module named 'site'\" >&2; exit 1");
    refused("python3 fails: ImportError: no module named 'site'");
    machine.python("echo hello");
    refused("python3 is no python: it says hello");
    machine.python("echo torch:");
    refused("python3 has no torch: install it (");
    machine.python("echo torch:" + temp);
    refused(temp + " has no lib/libtorch.so: install torch from its own wheels");
  }

  @Test
  void aTorchThatIsTooOldOrWithoutHeadersIsRefused() throws Exception {
    machine.python("echo torch:" + machine.torch("old", "2.3.1"));
    refused("PyTorch 2.3.1 in " + temp.resolve("old") + " is too old: install 2.4 or newer");
    machine.python("echo torch:" + machine.torch("oldest-that-will-do", "2.4.0"));
    assertThat(run().code()).isZero();
    Files.delete(torch.resolve("include/torch/csrc/api/include/torch/version.h"));
    machine.python("echo torch:" + torch);
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
    machine.compiler("echo 'bind.h:3:1: error: no such thing' >&2; exit 1");

    Result failed = run();
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err())
        .contains("does not compile: bind.h:3:1: error: no such thing (all of it is in ");
    machine.compiler("");
    assertThat(run().code()).isZero();
    try (Stream<Path> kept = Files.list(temp.resolve("cache/ffc/natives"))) {
      assertThat(kept.map(file -> file.getFileName().toString()))
          .as("nothing half-made stays")
          .hasSize(2)
          .anyMatch(name -> name.equals(".lock"));
    }
  }

  @Test
  void aCompilationThatIsStoppedLeavesNothingAndWhatAKillHasLeftGoes() throws Exception {
    Path cache = Files.createDirectories(temp.resolve("cache/ffc/natives"));
    Files.createFile(Files.createDirectories(cache.resolve(".new-killed")).resolve("nccl.o"));
    machine.compiler("echo $$ > " + temp + "/pid; while :; do sleep 0.1; done");
    Process started = machine.start("with", "env");
    while (!Files.exists(temp.resolve("pid"))) {
      assertThat(started.isAlive()).isTrue();
      Thread.onSpinWait();
    }
    try (Stream<Path> folders = Files.list(cache)) {
      assertThat(folders.filter(folder -> folder.toString().contains(".new-"))).hasSize(1);
    }
    String compiler = "";
    while (compiler.isEmpty()) {
      compiler = Files.readString(temp.resolve("pid")).strip();
    }
    // INT and HUP, trapped alike, are ignored by what a shell without job control starts.
    new ProcessBuilder("kill", "-TERM", "" + started.pid()).start().waitFor();
    assertThat(started.waitFor()).isEqualTo(143);
    long limit = System.nanoTime() + 10_000_000_000L;
    while (runs(compiler)) { // it has been told to stop
      assertThat(System.nanoTime()).as("the compiler runs on").isLessThan(limit);
      Thread.onSpinWait();
    }
    try (Stream<Path> left = Files.list(cache)) {
      assertThat(left.map(file -> file.getFileName().toString())).containsExactly(".lock");
    }
    machine.compiler("");
    assertThat(run().code()).isZero();
  }

  @Test
  void aLongCompilationSaysEveryTenSecondsThatItGoesOn() throws Exception {
    machine.compiler("sleep 11");
    assertThat(run().err().lines())
        .hasSize(2)
        .anyMatch(line -> line.matches("ffc: compiling for 1\\d s"));
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

  /** Not a zombie, which whoever started the compiler's parent may not have asked for yet. */
  private static boolean runs(String process) throws IOException {
    try {
      return !Files.readString(Path.of("/proc", process, "stat")).contains(") Z ");
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private void refused(String... reasons) throws Exception {
    Result result = run();
    assertThat(result.code()).as(result.err()).isEqualTo(2);
    assertThat(result.err().lines()).as(result.err()).hasSize(1);
    assertThat(result.err()).startsWith("natives/with: ").contains(reasons);
  }

  private Result run() throws Exception {
    return machine.run("with", "env");
  }
}
