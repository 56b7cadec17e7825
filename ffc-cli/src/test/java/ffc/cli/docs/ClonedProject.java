package ffc.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.imageio.ImageIO;

/**
 * A folder as a clone of the project leaves it once the program is built; the launcher in it finds
 * the classes that are under test. Commands run in it as someone types them, under {@code
 * LC_ALL=C}, with the environment variable that ends trainings after three steps.
 */
public final class ClonedProject {
  private static final Set<String> NOT_IN_A_CLONE =
      Set.of("target", "runs", "venv", ".git", "__pycache__");
  private static final int MINUTES = 15;

  private final Path folder;

  /** What a command printed, and how it ended; both streams in one text. */
  public record Result(int code, String text) {}

  private ClonedProject(Path folder) {
    this.folder = folder;
  }

  /** Fills an empty folder. */
  public static ClonedProject in(Path folder) throws IOException {
    copy(Documentation.ROOT, folder);
    Path target = Files.createDirectories(folder.resolve("ffc-cli/target"));
    Path program = Files.createDirectories(target.resolve("program/under-test"));
    writeJar(program.resolve("ffc-cli.jar"));
    writeJar(Files.createDirectories(target.resolve("lib")).resolve("under-test.jar"));
    Files.writeString(target.resolve("ffc.stamp"), "program/under-test\n");
    return new ClonedProject(folder);
  }

  /** The folder. */
  Path folder() {
    return folder;
  }

  /**
   * Puts the quick start's data in the place of a data set that is not part of the project; both
   * have the same format and image size.
   */
  void standIn(String dataset) throws IOException {
    copy(Documentation.ROOT.resolve("data/quickstart"), folder.resolve(dataset));
  }

  /**
   * Makes a folder of photographs as people have them: a folder an identity, sizes of all kinds.
   */
  void photographs(String name) throws IOException {
    for (int i = 0; i < 6; i++) {
      Path file = folder.resolve("%s/person %d/%d.jpg".formatted(name, i / 2, i));
      Files.createDirectories(file.getParent());
      BufferedImage image = new BufferedImage(120 + 10 * i, 140, BufferedImage.TYPE_INT_RGB);
      for (int y = 0; y < image.getHeight(); y++) {
        for (int x = 0; x < image.getWidth(); x++) {
          image.setRGB(x, y, (x * (i + 3)) << 16 | (y * 2) << 8 | (x * y / 90));
        }
      }
      ImageIO.write(image, "jpg", file.toFile());
    }
  }

  /** Runs a command line to its end. */
  public Result run(String command) throws IOException, InterruptedException {
    return run(command, Map.of());
  }

  /** The same with more environment variables. */
  public Result run(String command, Map<String, String> more)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/bash", "-o", "pipefail", "-c", command)
            .directory(folder.toFile())
            .redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    for (String name : List.of("FFC_DEBUG", "FFC_HOME", "FFC_JAVA_OPTS", "LANG")) {
      environment.remove(name);
    }
    String java = System.getProperty("java.home");
    environment.put("JAVA_HOME", java);
    environment.put("PATH", java + "/bin:" + environment.get("PATH"));
    environment.put("LC_ALL", "C");
    environment.put("FFC_TRY", "3");
    // Programs of seconds gain nothing from more.
    environment.put("FFC_JAVA_OPTS", "-XX:TieredStopAtLevel=1");
    environment.putAll(more);
    Process process = builder.start();
    process
        .onExit()
        .orTimeout(MINUTES, TimeUnit.MINUTES)
        .whenComplete(
            (ended, late) -> {
              if (late != null) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
              }
            });
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), text);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            if (NOT_IN_A_CLONE.contains(dir.getFileName().toString())) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(to.resolve(from.relativize(dir)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (!file.getFileName().toString().equals(".git")) {
              Files.copy(
                  file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** A jar that holds nothing but the class path of this test. */
  private static void writeJar(Path jar) throws IOException {
    List<String> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(":")) {
      urls.add(Path.of(entry).toUri().toString());
    }
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, String.join(" ", urls));
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest).close();
    }
    assertThat(jar).isNotEmptyFile();
  }
}
