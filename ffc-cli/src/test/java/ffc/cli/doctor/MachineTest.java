package ffc.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.engine.Gpus;
import ffc.engine.TensorEngine;
import ffc.exchange.hazelcast.ClusterConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
  private static final Map<String, String> LAUNCHED =
      Map.of(
          "MALLOC_ARENA_MAX", "1",
          "MALLOC_MMAP_THRESHOLD_", "1073741824",
          "MALLOC_TRIM_THRESHOLD_", "4294967296");

  @TempDir Path temp;

  @Test
  void aMachineThatIsAsItShouldBeIsOk() throws IOException {
    tool("python3", "echo 2.13.0+cpu in /lib/torch");
    tool("g++", "echo 'g++ (Debian) 12.2.0'");

    Map<String, Finding> found = look(LAUNCHED);

    assertThat(found.keySet())
        .contains(
            "engine", "GPUs", "CUDA", "driver", "processor", "Java", "open files", "temporary");
    assertThat(found.get("engine")).isEqualTo(Finding.ok("engine", TensorEngine.load().describe()));
    assertThat(found.get("PyTorch").text())
        .isEqualTo(
            "python3 has 2.13.0+cpu in /lib/torch: FFC_TORCH=python3 takes it (docs/gpu.md)");
    assertThat(found.get("compiler")).isEqualTo(Finding.ok("compiler", "g++ (Debian) 12.2.0"));
    if (!TensorEngine.load().bridged()) {
      assertThat(found.get("CUDA"))
          .isEqualTo(Finding.ok("CUDA", "none: the natives in use are for CPUs"));
    }
    assertThat(found.get("allocator").level()).isEqualTo(Finding.Level.ok);
    assertThat(found.get("cache").text()).startsWith(temp.resolve("cache").toString());
    assertThat(found.values()).noneMatch(finding -> finding.text().contains("\n"));
  }

  @Test
  void whatKeepsTheLauncherFromPyTorchIsToldInsteadOfAnEngine() {
    assertThat(look(Map.of("FFC_TORCH_PROBLEM", "no g++ found")).get("engine"))
        .isEqualTo(Finding.todo("engine", "no g++ found"));
  }

  @Test
  void whatIsNotNeededMayBeMissing() {
    Map<String, Finding> found = look(Map.of());

    assertThat(found.get("PyTorch"))
        .isEqualTo(Finding.ok("PyTorch", "none in python3; natives from Maven need none"));
    assertThat(found.get("compiler"))
        .isEqualTo(Finding.ok("compiler", "no g++ (Debian: apt install g++); FFC_TORCH needs it"));
    assertThat(look(Map.of("FFC_TORCH", "python3")).get("compiler").level())
        .isEqualTo(Finding.Level.note);
  }

  @Test
  void whatATrainingRunsWithoutIsANoteAndNoMore() {
    assertThat(Machine.jpeg("libturbojpeg"))
        .isEqualTo(Finding.ok("JPEG", "decoded by libturbojpeg"));
    assertThat(Machine.jpeg("ImageIO").level()).isEqualTo(Finding.Level.note);
    assertThat(Machine.jpeg("ImageIO").text()).contains("install libturbojpeg");

    Map<String, Finding> found = look(Map.of("XDG_CACHE_HOME", "/proc/none"));
    assertThat(found.get("allocator").level()).isEqualTo(Finding.Level.note);
    assertThat(found.get("cache").level()).isEqualTo(Finding.Level.note);
    assertThat(found.values())
        .as("a training would run on the machine that runs its tests")
        .noneMatch(finding -> finding.level() == Finding.Level.todo);
  }

  @Test
  void whatIsWrongComesWithWhatToDo() throws IOException {
    Map<String, Finding> found =
        look(Map.of("MALLOC_ARENA_MAX", "1", "XDG_CACHE_HOME", "/proc/none"));

    assertThat(found.get("allocator"))
        .isEqualTo(
            Finding.note(
                "allocator",
                "MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ not set: start by ./ffc, or set"
                    + " them as it does"));
    assertThat(found.get("cache"))
        .isEqualTo(
            Finding.note(
                "cache",
                "cannot write into /proc/none: set XDG_CACHE_HOME to a folder that can be"
                    + " written"));
    int port = ClusterConfig.BASE_PORT + 1;
    try (ServerSocket mine = takeUnlessTaken(port)) {
      assertThat(look(Map.of()).get("ports").text()).contains(port + "", "are taken");
    }
  }

  private static ServerSocket takeUnlessTaken(int port) throws IOException {
    try {
      return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    } catch (IOException taken) {
      return new ServerSocket();
    }
  }

  private Map<String, Finding> look(Map<String, String> more) {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("PATH", temp.toString());
    environment.putIfAbsent("XDG_CACHE_HOME", temp.resolve("cache").toString());
    List<Finding> all = new Machine(environment, new Gpus()).look();
    Map<String, Finding> bySubject = new HashMap<>();
    all.forEach(finding -> bySubject.put(finding.subject(), finding));
    assertThat(bySubject).as("each subject once").hasSameSizeAs(all);
    return bySubject;
  }

  private void tool(String name, String body) throws IOException {
    Path file = Files.writeString(temp.resolve(name), "#!/bin/sh\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
