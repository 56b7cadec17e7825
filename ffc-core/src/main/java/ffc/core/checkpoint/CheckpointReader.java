package ffc.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Closer;
import ffc.exchange.GroupExchange;
import ffc.formats.FileProblem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/** Reads one checkpoint. Opening it verifies the checksum of every file. */
public final class CheckpointReader {
  private static final int MAX_TEXT = 1 << 20;

  /** Names of files: none that leads out of the folder. */
  private static final String NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*";

  private final Path folder;
  private final Source source;
  private final boolean local;
  private final Map<String, Long> sizes = new LinkedHashMap<>();

  /** Where the bytes of a file come from. */
  private interface Source {
    InputStream open(Path file) throws IOException;
  }

  private CheckpointReader(Path folder, Source source, boolean local) {
    this.folder = folder;
    this.source = source;
    this.local = local;
  }

  /**
   * Opens a checkpoint.
   *
   * @throws BadCheckpointException if it is torn, corrupt or no checkpoint
   */
  public static CheckpointReader open(Path folder) throws IOException {
    try {
      return openWhole(folder);
    } catch (BadCheckpointException e) {
      throw e;
    } catch (IOException e) {
      throw new BadCheckpointException(folder + ": cannot be read: " + FileProblem.reason(e), e);
    }
  }

  private static CheckpointReader openWhole(Path folder) throws IOException {
    Path list = folder.resolve(CheckpointWriter.CHECKSUMS);
    if (!Files.isRegularFile(list)) {
      throw new BadCheckpointException(
          folder
              + ": no checkpoint, it has no "
              + CheckpointWriter.CHECKSUMS
              + "; name a folder such as RUN/checkpoints/step-00000400");
    }
    List<String> lines =
        new String(Files.readAllBytes(list), StandardCharsets.UTF_8).lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals("ffc-checkpoint 1")) {
      throw new BadCheckpointException(
          list
              + ": starts with '"
              + (lines.isEmpty() ? "" : lines.get(0))
              + "', expected 'ffc-checkpoint 1'");
    }
    CheckpointReader reader = new CheckpointReader(folder, Files::newInputStream, true);
    for (String line : lines.subList(1, lines.size())) {
      String[] parts = line.split(" ", 3);
      if (parts.length != 3 || !parts[1].matches("[0-9]{1,18}") || !parts[2].matches(NAME)) {
        throw new BadCheckpointException(list + ": cannot read the line '" + line + "'");
      }
      reader.verify(parts[2], parts[0], Long.parseLong(parts[1]));
    }
    return reader;
  }

  /**
   * A checkpoint on one trainer's disk that all trainers read together, with the same calls in the
   * same order.
   *
   * @param rank the trainer that has it
   * @param folder where it has it; not looked at on the other trainers
   * @throws IllegalArgumentException on that trainer, as {@link #open} does
   */
  public static CheckpointReader shared(GroupExchange exchange, int rank, Path folder)
      throws IOException {
    CheckpointReader mine = exchange.rank() == rank ? open(folder) : null;
    String text;
    try (InputStream list = Relay.shared(exchange, rank, mine == null ? null : mine.list())) {
      text = new String(list.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<String> lines = text.lines().toList();
    CheckpointReader reader =
        new CheckpointReader(
            Path.of(lines.get(0)),
            file -> Relay.shared(exchange, rank, mine == null ? null : Files.newInputStream(file)),
            false);
    for (String line : lines.subList(1, lines.size())) {
      int space = line.indexOf(' ');
      reader.sizes.put(line.substring(space + 1), Long.valueOf(line.substring(0, space)));
    }
    return reader;
  }

  /** Folder and files for the other trainers, a line each. */
  private InputStream list() {
    StringBuilder text = new StringBuilder(folder.toString()).append('\n');
    sizes.forEach((name, size) -> text.append(size).append(' ').append(name).append('\n'));
    return new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void verify(String name, String expected, long expectedSize) throws IOException {
    Path path = folder.resolve(name);
    if (!Files.isRegularFile(path)) {
      throw damaged(path, "missing");
    }
    long size = Files.size(path);
    if (size != expectedSize) {
      throw damaged(path, "has " + size + " bytes, expected " + expectedSize);
    }
    CRC32C crc = new CRC32C();
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(path)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        crc.update(buffer, 0, n);
      }
    }
    String sum = String.format(Locale.ROOT, "%08x", crc.getValue());
    if (!sum.equals(expected)) {
      throw damaged(path, "has checksum " + sum + ", expected " + expected);
    }
    sizes.put(name, size);
  }

  private BadCheckpointException damaged(Path path, String problem) throws IOException {
    return new BadCheckpointException(
        path
            + ": "
            + problem
            + Checkpoints.before(folder)
                .map(older -> "; use an older checkpoint, such as " + older)
                .orElse("; there is no older checkpoint beside it"));
  }

  /** The folder it was read from. */
  public Path folder() {
    return folder;
  }

  /** Whether the checkpoint has a file of that name. */
  public boolean has(String name) {
    return sizes.containsKey(name);
  }

  /**
   * Opens a file that {@link CheckpointWriter#file} wrote.
   *
   * @param newest version that the caller can read, from 1; it is given files without a header too
   * @throws IllegalArgumentException if there is none
   * @throws BadCheckpointException if it is another file or of another version
   */
  public CheckpointInput file(String name, int newest) throws IOException {
    CheckpointInput in = open(name);
    try {
      return in.withHeader(name, newest);
    } catch (Throwable e) {
      Closer.of(in).closeAfter(e);
      throw e;
    }
  }

  private CheckpointInput open(String name) throws IOException {
    if (!has(name)) {
      throw new IllegalArgumentException(
          folder + ": has no file " + name + "; it was written by another method or version");
    }
    Path path = folder.resolve(name);
    return CheckpointInput.of(source.open(path), sizes.get(name), path);
  }

  /** Arrays that {@link CheckpointWriter#tensors} wrote; they belong to the given manager. */
  public Map<String, NDArray> tensors(String name, NDManager manager) throws IOException {
    try (CheckpointInput in = open(name + ".safetensors")) {
      return Tensors.read(in, manager);
    }
  }

  /**
   * The one array of a file that {@link CheckpointWriter#tensors} wrote.
   *
   * @param shape it must have
   * @throws IllegalArgumentException if it is missing or of another shape
   */
  public NDArray tensor(String file, String name, Shape shape, NDManager manager)
      throws IOException {
    NDArray array = tensors(file, manager).get(name);
    if (array == null || !array.getShape().equals(shape)) {
      throw new IllegalArgumentException(
          folder
              + "/"
              + file
              + ".safetensors: "
              + name
              + (array == null ? " is missing" : " has shape " + array.getShape())
              + ", expected "
              + shape
              + "; the checkpoint belongs to another experiment");
    }
    return array;
  }

  /** What {@link CheckpointWriter#properties} wrote. */
  public Map<String, String> properties(String name) throws IOException {
    Map<String, String> values = new LinkedHashMap<>();
    try (CheckpointInput in = open(name + ".properties")) {
      if (in.left() > MAX_TEXT) {
        throw in.bad("it has " + in.left() + " bytes, expected at most " + MAX_TEXT);
      }
      String text = new String(in.readNBytes((int) in.left()), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        int equals = line.indexOf('=');
        if (equals < 0
            || values.put(line.substring(0, equals), line.substring(equals + 1)) != null) {
          throw in.bad("got the line '" + line + "', expected key=value, each key once");
        }
      }
    }
    return values;
  }

  /** What {@link CheckpointWriter#note} has put beside the files; empty if there is nothing. */
  public String note(String name) {
    if (!local) {
      return "";
    }
    try {
      return Files.readString(folder.resolve(name), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
