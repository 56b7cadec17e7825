package ffc.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads named arrays from a file of any supported format, which its first bytes tell. */
public final class WeightFile {
  /** Prefixes under which scripts keep a network, by preference where several fit. */
  private static final List<String> PREFERRED =
      List.of(
          "state_dict_backbone.",
          "state_dict.",
          "model_state_dict.",
          "model.",
          "network.",
          "net.",
          "backbone.");

  /** Prefixes of wrappers around a network, dropped where all names have them. */
  private static final List<String> WRAPPERS =
      List.of("module.", "_orig_mod.", "model.", "network.", "net.", "backbone.");

  private WeightFile() {}

  /**
   * A network found in a file.
   *
   * @param tensors its arrays by name, f32, finite
   * @param prefix under which the file has them, such as {@code state_dict.module.}
   * @param leftOver names of the file that are not the network's, counters aside
   */
  public record Network(Map<String, HostTensor> tensors, String prefix, List<String> leftOver) {}

  /**
   * Finds a network whose names and shapes are known: all of them under one prefix, by these names
   * or those of {@link IrNames}.
   *
   * @param shapes of every array of the network, by name
   * @param description says what arrays of a file are that do not fit, or is empty
   * @throws IllegalArgumentException if the file cannot be read, a value is not finite, or no
   *     prefix has all the names with these shapes: then all that does not fit is named
   */
  public static Network network(
      Path file,
      Map<String, long[]> shapes,
      Function<Map<String, HostTensor>, String> description) {
    Map<String, HostTensor> read = read(file);
    Map<String, HostTensor> all = IrNames.translated(read);
    String prefix = prefix(all.keySet(), shapes.keySet());
    String misfit = misfit(all, prefix, shapes);
    if (!misfit.isEmpty()) {
      String is = description.apply(read);
      throw new IllegalArgumentException(
          file
              + ": the stored network is another one; "
              + misfit
              + (is.isEmpty() ? "" : "; " + is));
    }
    return network(file, all, prefix, shapes.keySet());
  }

  /** Finds a network whose names are not known: under a usual prefix, or all that there is. */
  public static Network network(Path file) {
    Map<String, HostTensor> all = IrNames.translated(read(file));
    Set<String> stored = all.keySet();
    String prefix =
        PREFERRED.stream()
            .filter(usual -> stored.stream().anyMatch(name -> name.startsWith(usual)))
            .findFirst()
            .orElse("");
    List<String> names = stored.stream().filter(name -> name.startsWith(prefix)).toList();
    String whole = prefix;
    for (int i = 0; i < WRAPPERS.size(); ) {
      String longer = whole + WRAPPERS.get(i);
      boolean shared = names.stream().allMatch(name -> name.startsWith(longer));
      whole = shared ? longer : whole;
      i = shared ? 0 : i + 1;
    }
    int drop = whole.length();
    return network(
        file,
        all,
        whole,
        names.stream().map(name -> name.substring(drop)).collect(Collectors.toSet()));
  }

  private static Network network(
      Path file, Map<String, HostTensor> all, String prefix, Set<String> names) {
    Map<String, HostTensor> found = new LinkedHashMap<>();
    List<String> leftOver = new ArrayList<>();
    all.forEach(
        (name, array) -> {
          String bare = name.startsWith(prefix) ? name.substring(prefix.length()) : null;
          if (bare != null && names.contains(bare)) {
            found.put(bare, array);
          } else if (bare == null || !StateDict.isCounter(bare)) {
            leftOver.add(name);
          }
        });
    Map<String, HostTensor> finite = StateDict.asF32(found);
    finite.forEach((name, array) -> requireFinite(file, name, array));
    return new Network(finite, prefix, leftOver);
  }

  /** The prefix with the most of the names. */
  private static String prefix(Set<String> stored, Set<String> names) {
    Set<String> candidates = new LinkedHashSet<>(List.of(""));
    candidates.addAll(PREFERRED);
    // Whichever of the names the file lacks, the others tell its prefix.
    for (String name : stored) {
      for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        if (names.contains(name.substring(dot + 1))) {
          candidates.add(name.substring(0, dot + 1));
        }
      }
    }
    String best = "";
    long most = -1;
    for (String prefix : candidates) {
      long fitting = names.stream().filter(name -> stored.contains(prefix + name)).count();
      if (fitting > most) {
        best = prefix;
        most = fitting;
      }
    }
    return best;
  }

  /**
   * What keeps arrays from being a network: names that are missing, names that it has not, other
   * shapes. Empty if it is there, also beside others.
   *
   * @param prefix before the names that the arrays have
   * @param shapes of the network's arrays, by name
   */
  public static String misfit(
      Map<String, HostTensor> arrays, String prefix, Map<String, long[]> shapes) {
    List<String> missing = new ArrayList<>();
    List<String> others = new ArrayList<>();
    Set<String> unknown = new TreeSet<>(arrays.keySet());
    unknown.removeIf(StateDict::isCounter);
    shapes.forEach(
        (name, shape) -> {
          HostTensor array = arrays.get(prefix + name);
          unknown.remove(prefix + name);
          if (array == null) {
            missing.add(name);
          } else if (!Arrays.equals(array.shape(), shape)) {
            String sizes = Arrays.toString(array.shape());
            others.add(name + " " + sizes + ", expected " + Arrays.toString(shape));
          }
        });
    List<String> reasons = new ArrayList<>();
    if (!missing.isEmpty()) {
      reasons.add(
          "missing " + NamesInShort.of(missing) + "; not expected " + NamesInShort.of(unknown));
    }
    if (!others.isEmpty()) {
      reasons.add("of other shapes: " + String.join("; ", others));
    }
    return String.join("; ", reasons);
  }

  /** The first of some names and the number of the others. */
  public static String some(List<String> names) {
    return names.isEmpty()
        ? "nothing"
        : names.get(0) + (names.size() == 1 ? "" : " and " + (names.size() - 1) + " more");
  }

  private static void requireFinite(Path file, String name, HostTensor array) {
    float[] values = array.toFloats();
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            file + ": key " + name + ": value " + i + " is " + values[i] + ", wanted finite ones");
      }
    }
  }

  /**
   * Reads all arrays. Names of dicts within dicts are joined by dots.
   *
   * @return arrays by name, in the order of the file
   * @throws IllegalArgumentException if the file is missing, corrupt or of another format
   */
  public static Map<String, HostTensor> read(Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(
          file
              + ": is a folder, wanted weights (.safetensors, a PyTorch .pth or .onnx); those of a run"
              + " are written by ./ffc export --checkpoint RUN --out FILE.safetensors");
    }
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          file + ": no such file; wanted weights (.safetensors, a PyTorch .pth or .onnx)");
    }
    byte[] start = start(file);
    if (isSafetensors(start)) {
      return Safetensors.read(file).tensors();
    }
    String text = new String(start, StandardCharsets.ISO_8859_1);
    if (text.startsWith("PK") || text.startsWith(ascii(TorchCheckpoint.LEGACY))) {
      return TorchCheckpoint.read(file);
    }
    if (isOnnx(start)) {
      return OnnxWeights.read(file);
    }
    String other =
        text.isEmpty()
            ? "an empty file"
            : text.startsWith("version https://git-lfs")
                ? "a Git LFS pointer (the file itself is fetched by: git lfs pull)"
                : text.matches("(?is)\\s*<(!doctype|html|\\?xml).*")
                    ? "a web page, not what the download was to give"
                    : text.startsWith("\u0093NUMPY")
                        ? "a NumPy array"
                        : text.startsWith("\u0089HDF")
                            ? "an HDF5 file"
                            : text.startsWith("\u001f\u008b")
                                ? "a gzip file: unpack it"
                                : text.startsWith("\u0080")
                                    ? "a pickle that torch.save did not write"
                                    : text.matches("[\\t\\n\\r -~]+")
                                        ? "a text"
                                        : file.toString().endsWith(".safetensors")
                                            ? null
                                            : "bytes of no format that is known here";
    if (other != null) {
      throw new IllegalArgumentException(
          file + ": got " + other + ", wanted weights (.safetensors, a PyTorch .pth or .onnx)");
    }
    return Safetensors.read(file).tensors();
  }

  /**
   * Whether a brace follows the eight bytes of a header's length. To be asked before all else: the
   * length may be what a zip (PK), a pickle or a model of ONNX begins with.
   */
  private static boolean isSafetensors(byte[] start) {
    return start.length > 8
        && start[8] == '{'
        && start[4] == 0
        && start[5] == 0
        && start[6] == 0
        && start[7] == 0;
  }

  /** Whether a file begins as a model does: with the version of ONNX, a small number. */
  private static boolean isOnnx(byte[] start) {
    return start.length > 2 && start[0] == 8 && start[1] > 0 && start[1] < 64 && start[2] != 0;
  }

  private static String ascii(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static byte[] start(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer start = FileParts.read(channel, 0, (int) Math.min(64, channel.size()));
      byte[] bytes = new byte[start.remaining()];
      start.get(bytes);
      return bytes;
    } catch (IOException e) {
      throw FileParts.unreadable(file, e);
    }
  }
}
