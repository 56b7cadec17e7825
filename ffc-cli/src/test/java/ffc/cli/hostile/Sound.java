package ffc.cli.hostile;

import ffc.cli.InProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Sound input of every kind, made from what the repository holds; the working directory is ffc-cli.
 */
final class Sound {
  private static final Path STORED = Path.of("src/test/resources/stored-runs");
  private static final Path WEIGHTS = Path.of("../ffc-engine/src/test/resources/weights");

  private static final Path LAYOUTS = Path.of("../ffc-core/src/test/resources/layouts");

  private final Path folder;
  private final List<Path> runs;
  private final List<String> settings = new ArrayList<>();

  private Sound(Path folder, List<Path> runs) {
    this.folder = folder;
    this.runs = runs;
  }

  /** Makes the inputs in an empty folder. */
  static Sound make(Path folder) throws IOException {
    Files.createDirectories(folder);
    List<Path> runs;
    try (Stream<Path> found = Files.walk(STORED, 2)) {
      runs = found.filter(f -> Files.exists(f.resolve("losses.txt"))).sorted().toList();
    }
    Sound sound = new Sound(folder, runs);
    ffc(
        "data",
        "split",
        STORED.resolve("data/train.rec").toString(),
        "--open=4",
        "--out=" + sound.pack());
    ffc(
        "data",
        "index",
        sound.pack().resolve("open.rec").toString(),
        "--out=" + folder.resolve("index"));
    ffc(
        "data",
        "unpack",
        sound.pack().resolve("open.rec").toString(),
        "--out=" + folder.resolve("images"));
    sound.writeLists();
    ffc("data", "pack-pairs", sound.pairs().toString(), "--out=" + sound.bin());
    ffc("export", "--checkpoint=" + sound.run(), "--out=" + folder.resolve("net.safetensors"));
    String schema = ffc("config", "schema");
    java.util.regex.Pattern.compile("\"([A-Za-z0-9]+)\" : \\{")
        .matcher(schema)
        .results()
        .map(match -> match.group(1))
        .forEach(sound.settings::add);
    return sound;
  }

  private static String ffc(String... arguments) {
    InProcess.Outcome outcome = InProcess.run(List.of(arguments));
    if (outcome.code() != 0) {
      throw new IllegalStateException(String.join(" ", arguments) + ": " + outcome.err());
    }
    return outcome.out();
  }

  private void writeLists() throws IOException {
    List<Path> images;
    try (Stream<Path> files = Files.walk(folder.resolve("images"))) {
      images = files.filter(Files::isRegularFile).sorted().toList();
    }
    StringBuilder manifest = new StringBuilder();
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < images.size(); i++) {
      Path image = images.get(i);
      String id = image.getParent().getFileName().toString();
      manifest.append(id).append('\t').append(image.toAbsolutePath()).append('\n');
      for (int j : new int[] {i + 1, i + images.size() / 2}) {
        Path other = images.get(j % images.size());
        boolean same = other.getParent().equals(image.getParent());
        pairs.append(image.toAbsolutePath()).append(' ').append(other.toAbsolutePath());
        pairs.append(same ? " 1\n" : " 0\n");
      }
    }
    Files.writeString(manifest(), manifest);
    Files.writeString(pairs(), pairs);
  }

  List<Path> configs() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("../configs"))) {
      return files
          .filter(file -> !file.getFileName().toString().startsWith("compare-"))
          .sorted()
          .toList();
    }
  }

  /** Paths that overrides may name: every setting below every section, most of them wrong. */
  List<String> settings() {
    List<String> sections =
        List.of(
            "",
            "data.",
            "model.",
            "method.",
            "optimizer.",
            "run.",
            "cluster.",
            "evaluate.0.",
            "optimizer.schedule.",
            "method.margin.",
            "method.update.",
            "data.train.",
            "data.augment.");
    List<String> paths = new ArrayList<>();
    for (String section : sections) {
      settings.forEach(name -> paths.add(section + name));
    }
    return paths;
  }

  Path pack() {
    return folder.resolve("pack");
  }

  void copyPack(Path to) throws IOException {
    for (String name : List.of("open.rec", "open.idx", "open.property")) {
      Files.copy(pack().resolve(name), to.resolve(name));
    }
  }

  Path copyIndex(Path to) throws IOException {
    return copy(folder.resolve("index"), to.resolve("index"));
  }

  /** A stored run of any method, its data named by an absolute path. */
  Path copyRun(Path to, Random random) throws IOException {
    Path run = copy(Damage.pick(runs, random), to.resolve("run"));
    Path config = run.resolve("config.resolved.yaml");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("path: src/test", "path: " + Path.of("src/test").toAbsolutePath()));
    return run;
  }

  Path run() {
    return runs.stream().filter(run -> run.endsWith("ffc-weighted")).findFirst().orElseThrow();
  }

  Path manifest() {
    return folder.resolve("images.tsv");
  }

  Path pairs() {
    return folder.resolve("pairs.txt");
  }

  Path bin() {
    return folder.resolve("pairs.bin");
  }

  List<Path> weights() {
    return List.of(
        WEIGHTS.resolve("plain.pth"),
        WEIGHTS.resolve("trained.pth"),
        WEIGHTS.resolve("plain.safetensors"),
        LAYOUTS.resolve("ir-folded.onnx"),
        LAYOUTS.resolve("ir-norms.onnx"),
        folder.resolve("net.safetensors"));
  }

  Path rows() {
    return WEIGHTS.resolve("floats.npy");
  }

  Path labels() {
    return WEIGHTS.resolve("labels.npy");
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
    return to;
  }
}
