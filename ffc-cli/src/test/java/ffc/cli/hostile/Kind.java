package ffc.cli.hostile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Kinds of input, each with the way in which a case of it is made and read. */
enum Kind {
  /** Experiment files, checked or planned. */
  config(22) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      Path from = Damage.pick(sound.configs(), random);
      Path file = folder.resolve("config.yaml");
      Files.write(file, Damage.text(Files.readAllBytes(from), random));
      return random.nextInt(3) > 0
          ? List.of("config", "check", file.toString())
          : List.of("plan", "--classes=10000", file.toString());
    }
  },
  /** Overrides of the command line. */
  override(6) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      byte[] from = Files.readAllBytes(Damage.pick(sound.configs(), random));
      String path = Damage.pick(sound.settings(), random);
      String value = random.nextInt(4) == 0 ? noise(random) : Damage.value(random);
      Path file = Files.write(folder.resolve("config.yaml"), from);
      return List.of("plan", "--classes=10000", file.toString(), "--set", path + "=" + value);
    }

    private String noise(Random random) {
      byte[] text = "type: {a: [1, 2], b: 'x'}".getBytes(StandardCharsets.UTF_8);
      return new String(Damage.text(text, random), StandardCharsets.UTF_8);
    }
  },
  /** RecordIO packs and what lies beside them. */
  pack(16) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      sound.copyPack(folder);
      int which = random.nextInt(10);
      Path file = folder.resolve(which < 6 ? "open.rec" : which < 9 ? "open.idx" : "open.property");
      byte[] whole = Files.readAllBytes(file);
      Files.write(file, which < 6 ? Damage.binary(whole, random) : Damage.text(whole, random));
      return dataCommand(folder.resolve("open.rec"), random);
    }
  },
  /** Indexes, half of them with sums that match. */
  index(8) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      Path index = sound.copyIndex(folder);
      Path file = Damage.pick(Sums.files(index), random);
      boolean header = file.endsWith("index.ffc");
      byte[] whole = Files.readAllBytes(file);
      Files.write(file, header ? Damage.text(whole, random) : Damage.binary(whole, random));
      if (random.nextInt(4) > 0) {
        if (header) {
          Sums.ofIndexHeader(index);
        } else {
          Sums.ofIndex(index);
        }
      }
      return dataCommand(index, random);
    }
  },
  /** Lists: manifests and pairs. */
  list(4) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      boolean pairs = random.nextBoolean();
      Path from = pairs ? sound.pairs() : sound.manifest();
      Path file = folder.resolve(from.getFileName().toString());
      Files.write(file, Damage.text(Files.readAllBytes(from), random));
      return pairs
          ? List.of("eval", "--checkpoint=" + sound.run(), "--format=pairs", "--data=" + file)
          : dataCommand(file, random);
    }
  },
  /** Verification sets, pickles of images and flags. */
  pickle(10) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      Path file = folder.resolve("pairs.bin");
      Files.write(file, Damage.binary(Files.readAllBytes(sound.bin()), random));
      return List.of("eval", "--checkpoint=" + sound.run(), "--format=bin", "--data=" + file);
    }
  },
  /** Weights of PyTorch and in safetensors. */
  weights(14) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      Path from = Damage.pick(sound.weights(), random);
      byte[] whole = Files.readAllBytes(from);
      boolean torch = from.toString().endsWith(".pth");
      boolean onnx = from.toString().endsWith(".onnx");
      byte[] damaged =
          onnx || random.nextInt(3) == 0
              ? Damage.binary(whole, random)
              : torch ? Sums.zip(from, random) : Sums.safetensors(whole, random);
      Path file = Files.write(folder.resolve(from.getFileName().toString()), damaged);
      return List.of("import", file.toString(), "--out=" + folder.resolve("out.safetensors"));
    }
  },
  /** Embeddings in NumPy's form. */
  npy(4) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      Path rows = folder.resolve("rows.npy");
      Path labels = folder.resolve("labels.npy");
      Files.copy(sound.rows(), rows);
      Files.copy(sound.labels(), labels);
      Path file = random.nextBoolean() ? rows : labels;
      byte[] whole = Files.readAllBytes(file);
      Files.write(
          file, random.nextBoolean() ? header(whole, random) : Damage.binary(whole, random));
      return List.of("eval", "--embeddings=" + rows, "--labels=" + labels);
    }

    /** The header is a line of Python up to the first line break. */
    private byte[] header(byte[] whole, Random random) {
      int end = Sums.latin(whole).indexOf('\n');
      byte[] text = Damage.words(java.util.Arrays.copyOfRange(whole, 10, end), random);
      byte[] spliced = Damage.splice(whole, 10, end, text);
      int length = text.length + 1;
      spliced[8] = (byte) length;
      spliced[9] = (byte) (length >>> 8);
      return spliced;
    }
  },
  /** Checkpoints whose checksums match. */
  checkpoint(16) {
    @Override
    List<String> attempt(Sound sound, Path folder, Random random) throws IOException {
      Path run = sound.copyRun(folder, random);
      Path checkpoint = run.resolve("checkpoints/step-00000003");
      Path file = Damage.pick(Sums.files(checkpoint), random);
      byte[] whole = Files.readAllBytes(file);
      String name = file.toString();
      if (name.endsWith(".safetensors") && random.nextInt(3) > 0) {
        Files.write(file, Sums.safetensors(whole, random));
      } else if (name.endsWith(".bin") || name.endsWith(".safetensors")) {
        Files.write(file, Damage.binary(whole, random));
      } else {
        Files.write(file, Damage.text(whole, random));
      }
      if (!file.endsWith("checksums.txt")) {
        if (random.nextInt(40) == 0) {
          Files.delete(file);
        }
        Sums.ofCheckpoint(checkpoint);
      }
      return switch (random.nextInt(4)) {
        case 0 ->
            List.of("export", "--checkpoint=" + run, "--out=" + folder.resolve("out.safetensors"));
        case 1 ->
            List.of(
                "eval",
                "--checkpoint=" + checkpoint,
                "--format=recordio",
                "--data=" + sound.pack().resolve("open.rec"));
        default -> List.of("train", "--resume", run.toString());
      };
    }
  };

  private final int share;

  Kind(int share) {
    this.share = share;
  }

  /** Cases of this kind in a hundred. */
  int share() {
    return share;
  }

  /**
   * Writes a case into a folder.
   *
   * @return the arguments of {@code ffc} that read it
   */
  abstract List<String> attempt(Sound sound, Path folder, Random random) throws IOException;

  private static List<String> dataCommand(Path source, Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> List.of("data", "stats", source.toString());
      case 1 ->
          List.of(
              "data", "unpack", source.toString(), "--out=" + source.resolveSibling("unpacked"));
      default -> List.of("data", "verify", "--threads=1", source.toString());
    };
  }
}
