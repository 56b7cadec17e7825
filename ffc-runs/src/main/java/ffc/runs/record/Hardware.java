package ffc.runs.record;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The machine, as far as Linux tells it in files. */
public final class Hardware {
  private Hardware() {}

  public static ObjectNode describe() {
    ObjectNode node = Json.object();
    node.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    node.put("architecture", System.getProperty("os.arch"));
    line(Path.of("/proc/cpuinfo"), "model name").ifPresent(cpu -> node.put("cpu", cpu));
    node.put("cores", Runtime.getRuntime().availableProcessors());
    line(Path.of("/proc/meminfo"), "MemTotal")
        .ifPresent(kib -> node.put("memory_bytes", Long.parseLong(kib.replace(" kB", "")) * 1024));
    ArrayNode gpus = node.putArray("gpus");
    gpus().forEach(gpus::add);
    return node;
  }

  private static List<String> gpus() {
    Path cards = Path.of("/proc/driver/nvidia/gpus");
    if (!Files.isDirectory(cards)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(cards)) {
      return folders
          .sorted()
          .flatMap(card -> line(card.resolve("information"), "Model").stream())
          .toList();
    } catch (IOException e) {
      return List.of(); // a description, not a dependency: the run goes on without it
    }
  }

  /** Value of the first line {@code key: value}. */
  private static Optional<String> line(Path file, String key) {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith(key) && line.contains(":"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
