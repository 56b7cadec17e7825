package ffc.runs.record;

import ffc.formats.WholeFile;
import ffc.loaders.image.ImageDecoder;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code manifest.json}: which program, JVM, engine, machine and data made a run. The processes
 * that resumed it are listed under {@code resumed}, each with a manifest of its own.
 *
 * @param ffc version of this program
 * @param engine version of the tensor engine's Java side
 * @param natives version of its native libraries
 * @param nativesFolder where these were loaded from
 * @param commandLine as it was typed
 * @param sources folder of the program's sources, for the commit; may be no repository
 * @param data fingerprint of each data set by its name, {@code train} or a name from {@code
 *     evaluate}
 * @param trainImages {@link ffc.loaders.data.Dataset#contentSample} of the training set; empty if
 *     it has none
 */
public record Manifest(
    String ffc,
    String engine,
    String natives,
    Path nativesFolder,
    String commandLine,
    Path sources,
    Map<String, String> data,
    String trainImages) {

  private static final String TRAIN_IMAGES = "train_images";
  private static final String JPEG_DECODER = "jpeg_decoder";

  /**
   * Writes it, or adds it to that of the process that began the run. One that cannot be read is
   * renamed.
   *
   * @param say told in a line of a renaming
   */
  public void write(Path file, long fromStep, Instant now, Consumer<String> say)
      throws IOException {
    ObjectNode own = json(fromStep, now);
    ObjectNode whole = own;
    if (fromStep > 0 && Files.exists(file)) {
      whole = begun(file).orElse(null);
      if (whole == null) {
        Path aside = file.resolveSibling(file.getFileName() + ".damaged");
        Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        say.accept(file + " cannot be read: it is now " + aside + ", and a new one begins");
        whole = own;
      } else {
        ArrayNode resumed =
            whole.get("resumed") instanceof ArrayNode list ? list : whole.putArray("resumed");
        resumed.add(own);
      }
    }
    WholeFile.write(file, whole.toPrettyString() + "\n");
  }

  private static Optional<ObjectNode> begun(Path file) throws IOException {
    try {
      return Json.parse(Files.readString(file, StandardCharsets.UTF_8)) instanceof ObjectNode begun
          ? Optional.of(begun)
          : Optional.empty();
    } catch (JacksonException | CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** What a run's file says; empty if it is absent or damaged. */
  public static JsonNode read(Path file) throws IOException {
    return Files.exists(file) ? begun(file).orElseGet(Json::object) : Json.object();
  }

  private ObjectNode json(long fromStep, Instant now) {
    ObjectNode node = Json.object();
    node.put("started", now.toString());
    node.put("from_step", fromStep);
    node.put("command_line", commandLine);
    node.put("working_directory", Path.of("").toAbsolutePath().toString());
    node.put("ffc", ffc);
    Optional<String> packed = packedCommit();
    if (packed.isPresent()) {
      node.put("git_commit", packed.get().replace("-dirty", ""));
      node.put("git_dirty", packed.get().endsWith("-dirty"));
    } else {
      git("rev-parse", "HEAD").ifPresent(commit -> node.put("git_commit", commit));
      git("status", "--porcelain", "--untracked-files=no")
          .ifPresent(changes -> node.put("git_dirty", !changes.isEmpty()));
    }
    node.put("engine", "DJL " + engine + " PyTorch");
    node.put("natives", natives);
    node.put("natives_folder", nativesFolder.toString());
    node.put(
        "jvm",
        System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
    node.put(JPEG_DECODER, ImageDecoder.jpegDecoder());
    ArrayNode flags = node.putArray("jvm_flags");
    ManagementFactory.getRuntimeMXBean().getInputArguments().forEach(flags::add);
    node.set("hardware", Hardware.describe());
    ObjectNode fingerprints = node.putObject("data");
    data.forEach(fingerprints::put);
    node.put(TRAIN_IMAGES, trainImages);
    return node;
  }

  /**
   * The decoder of JPEG that the run's last process used, if it was another than this one's.
   *
   * @param file the run's manifest; may be missing or unreadable
   */
  public static Optional<String> otherJpegDecoder(Path file) {
    return last(file, JPEG_DECODER).filter(name -> !name.equals(ImageDecoder.jpegDecoder()));
  }

  /**
   * Whether the run's last process had other training images, as far as that is known.
   *
   * @param file the run's manifest; may be missing or unreadable
   */
  public static boolean hadOtherImages(Path file, String trainImages) {
    return last(file, TRAIN_IMAGES).filter(images -> !images.equals(trainImages)).isPresent();
  }

  /** What the run's last process says under a key; empty if it says nothing. */
  private static Optional<String> last(Path file, String key) {
    try {
      JsonNode run = Json.parse(Files.readString(file, StandardCharsets.UTF_8));
      JsonNode resumed = run.path("resumed");
      JsonNode last = resumed.size() > 0 ? resumed.get(resumed.size() - 1) : run;
      return Optional.ofNullable(last.path(key).asString(null));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /** What {@code ./ffc pack} wrote down; a repository around a packed folder is another's. */
  private Optional<String> packedCommit() {
    try {
      return Optional.of(
          Files.readString(sources.resolve("COMMIT"), StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      return Optional.empty(); // a clone
    }
  }

  /** Output of a git command; empty where there is no git or no repository. */
  private Optional<String> git(String... arguments) {
    String[] command = new String[arguments.length + 3];
    command[0] = "git";
    command[1] = "-C";
    command[2] = sources.toString();
    System.arraycopy(arguments, 0, command, 3, arguments.length);
    try {
      Path output = Files.createTempFile("ffc-git", ".txt");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectInput(new File("/dev/null"))
                .start();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          return Optional.empty();
        }
        return process.exitValue() == 0
            ? Optional.of(Files.readString(output, StandardCharsets.UTF_8).strip())
            : Optional.empty();
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      return Optional.empty(); // no git on this machine
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
