package ffc.cli.doctor;

import ffc.engine.Gpus;
import ffc.engine.TensorEngine;
import ffc.engine.Tool;
import ffc.exchange.hazelcast.ClusterConfig;
import ffc.loaders.image.ImageDecoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a training depends on outside of this program, each part with what to do about it. */
public final class Machine {
  private static final String FIND_TORCH =
      """
      import importlib.util as u, importlib.metadata as m
      s = u.find_spec("torch")
      if s: print(m.version("torch"), "in", s.submodule_search_locations[0])
      """;
  private static final Pattern CUDA = Pattern.compile("CUDA Version: *([0-9.]+)");
  private static final long ENOUGH_DISK = 2L << 30;
  private static final int ENOUGH_FILES = 1024;
  private static final int PORTS = 8;
  private static final List<String> ALLOCATOR =
      List.of("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_");

  private final Map<String, String> environment;
  private final String path;
  private final Gpus gpus;

  /**
   * @param environment variables of the process
   * @param gpus those of the machine
   */
  public Machine(Map<String, String> environment, Gpus gpus) {
    this.environment = Map.copyOf(environment);
    this.path = environment.getOrDefault("PATH", "");
    this.gpus = gpus;
  }

  /** Looks at everything; loads the engine. */
  public List<Finding> look() {
    List<Finding> all = new ArrayList<>();
    for (Supplier<List<Finding>> part :
        List.<Supplier<List<Finding>>>of(
            this::engineAndGpus,
            () -> List.of(pytorch(), compiler()),
            () ->
                List.of(
                    driver(), jpeg(ImageDecoder.jpegDecoder()), processor(), heap(), allocator()),
            () -> List.of(openFiles(), cache(), temporary(), ports()))) {
      all.addAll(part.get());
    }
    return List.copyOf(all);
  }

  private List<Finding> engineAndGpus() {
    String problem = environment.get("FFC_TORCH_PROBLEM"); // from the launcher
    if (problem != null) {
      return List.of(Finding.todo("engine", problem));
    }
    TensorEngine engine;
    int usable;
    String cards;
    try {
      engine = TensorEngine.load();
      usable = Gpus.usable();
      cards = usable == 0 ? "none" : usable + memory(usable);
    } catch (RuntimeException | LinkageError e) {
      Throwable cause = e;
      while (cause.getCause() != null && cause.getCause() != cause) {
        cause = cause.getCause();
      }
      String reason = cause.toString().replaceAll("\\s*\\R\\s*", " ");
      return List.of(
          Finding.todo(
              "engine",
              "cannot be loaded: "
                  + reason
                  + (environment.containsKey("FFC_TORCH")
                      ? "; unset FFC_TORCH to go without"
                      : "")));
    }
    List<Finding> found = new ArrayList<>();
    found.add(Finding.ok("engine", engine.describe()));
    found.add(
        gpus.unused(usable, engine)
            .map(line -> Finding.note("GPUs", line))
            .orElseGet(() -> Finding.ok("GPUs", cards)));
    found.add(
        Finding.ok(
            "CUDA",
            Gpus.cudaRuntime()
                .map(version -> "runtime " + version + ", of the engine")
                .orElse("none: the natives in use are for CPUs")));
    return found;
  }

  private static String memory(int gpus) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < gpus; i++) {
      Gpus.Memory memory = Gpus.memory(i);
      text.append(i == 0 ? ": " : ", ")
          .append(gib(memory.total() - memory.used()))
          .append(" free of ")
          .append(gib(memory.total()));
    }
    return text.toString();
  }

  private Finding driver() {
    List<String> cards = gpus.smi("--query-gpu=name,driver_version", "--format=csv,noheader");
    if (cards.isEmpty()) {
      return gpus.present() == 0
          ? Finding.ok("driver", "none of NVIDIA")
          : Finding.note("driver", "there are GPUs, but nvidia-smi is missing or fails");
    }
    Matcher cuda = CUDA.matcher(String.join("\n", gpus.smi()));
    return Finding.ok(
        "driver",
        String.join("; ", cards) + (cuda.find() ? "; for CUDA up to " + cuda.group(1) : ""));
  }

  private Finding pytorch() {
    String chosen = environment.get("FFC_TORCH");
    if (chosen != null && !chosen.isEmpty()) {
      return Finding.ok("PyTorch", "chosen by FFC_TORCH=" + chosen);
    }
    Optional<String> found =
        Tool.ask(path, "python3", "-c", FIND_TORCH).flatMap(lines -> lines.stream().findFirst());
    return Finding.ok(
        "PyTorch",
        found
            .map(torch -> "python3 has " + torch + ": FFC_TORCH=python3 takes it (docs/gpu.md)")
            .orElse("none in python3; natives from Maven need none"));
  }

  private Finding compiler() {
    String name = environment.getOrDefault("CXX", "g++");
    Optional<String> version =
        Tool.ask(path, name, "--version").flatMap(lines -> lines.stream().findFirst());
    Path header = Path.of(System.getProperty("java.home"), "include", "jni.h");
    boolean needed = gpus.present() > 0 || environment.containsKey("FFC_TORCH");
    if (version.isPresent() && Files.exists(header)) {
      return Finding.ok("compiler", version.get());
    }
    String lacks =
        version.isEmpty()
            ? "no " + name + " (Debian: apt install g++)"
            : "no " + header + ": this is a JRE, not a JDK";
    String text = lacks + "; FFC_TORCH needs it";
    return needed ? Finding.note("compiler", text) : Finding.ok("compiler", text);
  }

  static Finding jpeg(String decoder) {
    return decoder.equals("ImageIO")
        ? Finding.note(
            "JPEG", "decoded by Java, which is slow: install libturbojpeg (Debian: libturbojpeg0)")
        : Finding.ok("JPEG", "decoded by " + decoder);
  }

  private static Finding processor() {
    String memory =
        line(Path.of("/proc/meminfo"), "MemTotal:")
            .map(
                kib ->
                    ", " + gib(Long.parseLong(kib.replaceAll("[^0-9]", "")) << 10) + " of memory")
            .orElse("");
    return Finding.ok("processor", Runtime.getRuntime().availableProcessors() + " cores" + memory);
  }

  private static Finding heap() {
    return Finding.ok(
        "Java",
        System.getProperty("java.runtime.version")
            + ", heap of "
            + gib(Runtime.getRuntime().maxMemory())
            + " (FFC_JAVA_OPTS=-Xmx8g raises it)");
  }

  private Finding allocator() {
    List<String> unset = ALLOCATOR.stream().filter(name -> !environment.containsKey(name)).toList();
    return unset.isEmpty()
        ? Finding.ok("allocator", "keeps freed arrays")
        : Finding.note(
            "allocator",
            String.join(", ", unset) + " not set: start by ./ffc, or set them as it does");
  }

  private static Finding openFiles() {
    String limit =
        line(Path.of("/proc/self/limits"), "Max open files").orElse("").strip().split("\\s+")[0];
    int most = limit.matches("[0-9]{1,9}") ? Integer.parseInt(limit) : Integer.MAX_VALUE;
    if (most < ENOUGH_FILES) {
      String text = "only " + limit + " at a time: ulimit -n 4096";
      // The launcher starts nothing below that.
      return most < 256 ? Finding.todo("open files", text) : Finding.note("open files", text);
    }
    return Finding.ok("open files", limit.isEmpty() ? "no limit is known" : "up to " + limit);
  }

  private Finding cache() {
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path folder =
        xdg.isEmpty() ? Path.of(environment.getOrDefault("HOME", "/"), ".cache") : Path.of(xdg);
    // The engine is there without it; a bridge that is not is refused by the launcher.
    return writable(
        "cache", folder, "set XDG_CACHE_HOME to a folder that can be written", Finding::note);
  }

  private static Finding temporary() {
    return writable(
        "temporary",
        Path.of(System.getProperty("java.io.tmpdir")),
        "FFC_JAVA_OPTS=-Djava.io.tmpdir=FOLDER names another one",
        Finding::todo);
  }

  /**
   * Of a folder that is not there the one in which it would be made counts.
   *
   * @param refused makes the finding of one that cannot be written
   */
  private static Finding writable(
      String subject, Path folder, String advice, BiFunction<String, String, Finding> refused) {
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    try {
      Files.delete(Files.createTempFile(there, "ffc", ""));
      long free = Files.getFileStore(there).getUsableSpace();
      return free < ENOUGH_DISK
          ? Finding.note(subject, folder + ": only " + gib(free) + " are free; " + advice)
          : Finding.ok(subject, folder + ", " + gib(free) + " free");
    } catch (IOException e) {
      return refused.apply(subject, "cannot write into " + folder + ": " + advice);
    }
  }

  private static Finding ports() {
    List<Integer> taken = new ArrayList<>();
    for (int port = ClusterConfig.BASE_PORT; port < ClusterConfig.BASE_PORT + PORTS; port++) {
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        socket.getLocalPort();
      } catch (IOException e) {
        taken.add(port);
      }
    }
    String range = ClusterConfig.BASE_PORT + " to " + (ClusterConfig.BASE_PORT + PORTS - 1);
    return taken.isEmpty()
        ? Finding.ok("ports", range + " are free for several trainers")
        : Finding.note(
            "ports",
            taken
                + " are taken: trainers on one machine take others, on several cluster.port"
                + " chooses");
  }

  private static Optional<String> line(Path file, String key) {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(key.length()))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String gib(long bytes) {
    return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
  }
}
