package ffc.loaders.format;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.remote.RemotePath;
import ffc.loaders.table.Source;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The table of formats, in the order of its services files; paths of sets. */
public final class DataFormats {
  private static final Map<String, DataFormat> TABLE = table();

  private DataFormats() {}

  private static Map<String, DataFormat> table() {
    Map<String, DataFormat> table = new LinkedHashMap<>();
    for (DataFormat format :
        ServiceLoader.load(DataFormat.class, DataFormat.class.getClassLoader())) {
      DataFormat other = table.putIfAbsent(format.name(), format);
      if (other != null) {
        throw new IllegalArgumentException(
            "%s: gives data format %s, which is that of %s; give it another name"
                .formatted(format.getClass().getName(), format.name(), other.getClass().getName()));
      }
    }
    return table;
  }

  /** Names of all formats. */
  public static List<String> names() {
    return List.copyOf(TABLE.keySet());
  }

  /** Names of the formats that store images. */
  public static List<String> storing() {
    return TABLE.values().stream().filter(DataFormat::storesImages).map(DataFormat::name).toList();
  }

  /** Whether there is a format of a name. */
  public static boolean known(String name) {
    return TABLE.containsKey(name);
  }

  /**
   * The format of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static DataFormat of(String name) {
    DataFormat format = TABLE.get(name);
    if (format == null) {
      throw new IllegalArgumentException(
          "format: got \"%s\", wanted one of %s%s"
              .formatted(name, String.join(", ", names()), others()));
    }
    return format;
  }

  /** Why a name may be missing among the formats and methods: where others come from. */
  public static String others() {
    String given = System.getenv("FFC_CLASSPATH");
    if (given == null || given.isBlank()) {
      return "; one of your own comes by FFC_CLASSPATH, which is not set";
    }
    for (String part : given.split(File.pathSeparator, -1)) {
      if (!part.endsWith("*") && !Files.exists(path(part))) {
        return "; FFC_CLASSPATH names " + part + ", which is not there";
      }
    }
    return "; FFC_CLASSPATH=" + given + " gives none of that name";
  }

  /**
   * The format of what lies at a path.
   *
   * @throws IllegalArgumentException if nothing is there
   */
  public static DataFormat at(String path) {
    if (RemotePath.isAddress(path)) {
      return TABLE.values().stream()
          .filter(format -> format.remote() && format.claims(path))
          .findFirst()
          .orElseThrow(() -> noneRemote(RemotePath.of(path), "its format cannot be told"));
    }
    return TABLE.values().stream()
        .sorted(Comparator.comparing(DataFormat::claimsTheRest))
        .filter(format -> format.claims(path))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(path + ": no such file or folder"));
  }

  private static BadDataException noneRemote(Path path, String what) {
    return new BadDataException(
        "%s: %s; read from a server are %s; ./ffc data import makes a pack of pictures"
            .formatted(
                path,
                what,
                TABLE.values().stream()
                    .filter(DataFormat::remote)
                    .map(DataFormat::name)
                    .collect(Collectors.joining(" and "))));
  }

  /** Whether images of a set are read from a server. */
  public static boolean isRemote(DataConfig.Source set) {
    return set.path().stream().anyMatch(RemotePath::isAddress);
  }

  /** The images behind a set that an index can be built from. */
  public static Source source(DataConfig.Source set) {
    return of(set.format())
        .source(set.text(), paths(set), set.labels() == DataConfig.Labels.compact);
  }

  /** The format of a plain folder that is given as a set of a format which does not claim it. */
  public static Optional<DataFormat> otherFormat(DataConfig.Source set) {
    String path = paths(set).get(0).toString();
    DataFormat named = of(set.format());
    boolean taken = named.claimsTheRest() || named.claims(path);
    return taken || !Files.isDirectory(path(path))
        ? Optional.empty()
        : Optional.of(at(path)).filter(DataFormat::claimsTheRest);
  }

  /** Files and folders that must exist for a set to be opened. */
  public static List<Path> files(DataConfig.Source set) {
    DataFormat format = of(set.format());
    return paths(set).stream().flatMap(part -> format.files(part).stream()).toList();
  }

  /**
   * The paths of a set: the elements of a list as they stand; a single text is one path if that
   * exists, else its parts between commas.
   */
  public static List<Path> paths(DataConfig.Source set) {
    List<Path> paths = paths(set.path());
    DataFormat format = of(set.format());
    if (!format.remote()) {
      paths.stream()
          .filter(RemotePath::isRemote)
          .findFirst()
          .ifPresent(
              path -> {
                throw noneRemote(path, "format " + set.format() + " is read from disks alone");
              });
    }
    if (format.getClass().getPackageName().startsWith("ffc.loaders.")) {
      paths.forEach(
          path ->
              FileKind.refuseForeign(path, "data of format " + set.format(), format.fileKind()));
    }
    return paths;
  }

  /**
   * Refuses a place for results where a set lies: in its folder, or in a folder that is the set and
   * would be read with them the next time.
   *
   * @param out need not exist
   * @throws IllegalArgumentException if it is such a place
   */
  public static void refuseWithin(Path out, List<String> set) {
    Path place = real(out);
    for (Path path : paths(set)) {
      Path source = real(path);
      boolean folder = Files.isDirectory(source);
      if (folder ? place.startsWith(source) : place.equals(source.getParent())) {
        throw new IllegalArgumentException(
            "--out %s: lies %s, which is only read; choose a folder elsewhere"
                .formatted(out, folder ? "in the source " + path : "beside the source " + path));
      }
    }
  }

  /** A path without links as far as it exists. */
  private static Path real(Path path) {
    if (RemotePath.isRemote(path)) {
      return path;
    }
    Path there = path.toAbsolutePath().normalize();
    Path rest = Path.of("");
    while (!Files.exists(there)) {
      rest = there.getFileName().resolve(rest);
      there = there.getParent();
    }
    try {
      return there.toRealPath().resolve(rest).normalize();
    } catch (IOException e) {
      return there.resolve(rest).normalize();
    }
  }

  /** The paths that texts stand for, as {@link #paths(DataConfig.Source)}. */
  public static List<Path> paths(List<String> given) {
    List<String> texts = given;
    if (texts.size() == 1 && isSeveral(texts.get(0))) {
      texts = List.of(texts.get(0).split(",", -1));
    }
    List<Path> paths = new ArrayList<>();
    for (String text : texts) {
      if (text.isBlank()) {
        throw new BadDataException(
            "data path \"" + String.join(",", given) + "\" has an empty part");
      }
      paths.add(path(text.strip()));
    }
    return paths;
  }

  private static boolean isSeveral(String text) {
    return RemotePath.isAddress(text)
        ? text.matches("(?is).*,\\s*https?://.*") // what is at an address takes a request to know
        : text.isBlank() || !Files.exists(path(text));
  }

  /** A text as a path or address, or a {@link BadDataException} where it cannot be one. */
  public static Path path(String text) {
    if (text.matches("(?s)[A-Za-z][A-Za-z0-9+.-]*://.*") && !RemotePath.isAddress(text)) {
      throw new BadDataException(
          "%s: addresses that are read begin with http:// or https://, by which S3, GCS and Azure give their objects, too (docs/data.md)"
              .formatted(text.replaceAll("(?s)[?#].*", "")));
    }
    try {
      return RemotePath.isAddress(text) ? RemotePath.of(text) : Path.of(text);
    } catch (InvalidPathException e) {
      throw new BadDataException("data path \"" + text + "\" names no file", e);
    }
  }
}
