package ffc.cli.pack;

import ffc.engine.Tool;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.image.ImageDecoder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * The program in a folder of its own: it runs beside the PyTorch of a machine that has neither JDK
 * nor Maven nor a network.
 *
 * <pre>
 * ffc        the launcher
 * jre/       a Java runtime with jni.h, and the libraries of this system that its images need
 * program/   the program's jars, without the natives of PyTorch and ONNX Runtime
 * natives/   sources of the bridge to the machine's PyTorch
 * configs/   experiments
 * data/      the quick start's images, unless left out
 * COMMIT     of the sources, for manifests
 * LICENSE
 * </pre>
 */
final class Pack {
  private static final Path MAPPED = Path.of("/proc/self/maps");
  // ONNX Runtime brings those of four systems, larger than all of the rest: exports do without it.
  private static final List<String> NATIVES =
      List.of("pytorch-native-", "pytorch-jni-", "onnxruntime-");

  private final Path home;
  private final Path program;

  /**
   * @param home folder of the launcher
   * @param program jar that names the others
   * @throws IllegalArgumentException if there is nothing that could be packed
   */
  Pack(Path home, Path program) {
    this.home = home;
    this.program = program;
    if (Files.isDirectory(home.resolve("program"))) {
      throw new IllegalArgumentException(home + " is packed already: copy it as it is");
    }
  }

  /**
   * Finds before the work that there is no place for it.
   *
   * @throws IllegalArgumentException if the folder holds anything
   */
  static void requireEmpty(Path out) throws IOException {
    if (Files.isDirectory(out)) {
      try (Stream<Path> there = Files.list(out)) {
        Optional<Path> other = there.findFirst();
        if (other.isPresent()) {
          throw new IllegalArgumentException(
              "--out %s: holds files, such as %s; wanted a new or empty folder"
                  .formatted(out, other.get().getFileName()));
        }
      }
    }
  }

  /**
   * Makes the folder, whole or not at all.
   *
   * @param data whether the images of the quick start come along
   * @return its size in bytes
   * @throws IllegalArgumentException if the folder holds anything
   */
  long write(Path out, boolean data) throws IOException {
    requireEmpty(out);
    Path target = out.toAbsolutePath().normalize();
    try (MadeFolders above = new MadeFolders(target.getParent())) {
      Path aside = Files.createTempDirectory(target.getParent(), ".pack-");
      try {
        fill(aside, data);
        long size = force(aside);
        Files.deleteIfExists(target);
        Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
        return size;
      } finally {
        delete(aside);
      }
    }
  }

  private void fill(Path into, boolean data) throws IOException {
    // What may be missing first, what takes long last.
    for (String name : List.of("ffc", "LICENSE", "natives", "configs")) {
      copy(home.resolve(name), into.resolve(name));
    }
    if (data) {
      copy(home.resolve("data/quickstart"), into.resolve("data/quickstart"));
    }
    Path lib = Files.createDirectories(into.resolve("program/lib"));
    store(program, into.resolve("program/ffc-cli.jar"));
    for (Path jar : libraries()) {
      store(jar, lib.resolve(jar.getFileName()));
    }
    RuntimeImage.make(into.resolve("jre"));
    addJpegDecoder(into.resolve("jre/lib"));
    Files.writeString(into.resolve("COMMIT"), commit() + "\n");
    Files.setPosixFilePermissions(into, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private List<Path> libraries() throws IOException {
    Path lib = program.resolveSibling("lib");
    if (!Files.isDirectory(lib)) {
      return List.of();
    }
    try (Stream<Path> jars = Files.list(lib)) {
      return jars.filter(
              jar -> NATIVES.stream().noneMatch(jar.getFileName().toString()::startsWith))
          .sorted()
          .toList();
    }
  }

  /** The library that decodes JPEG here, if there is one: Java's own way is slower. */
  private static void addJpegDecoder(Path lib) throws IOException {
    if (ImageDecoder.jpegDecoder().equals("ImageIO")) {
      return;
    }
    for (String line : Files.readAllLines(MAPPED, StandardCharsets.UTF_8)) {
      int at = line.indexOf('/');
      if (at >= 0 && line.substring(at).matches(".*/libturbojpeg\\.so[.0-9]*")) {
        Path library = Path.of(line.substring(at));
        Path there = lib.resolve("libturbojpeg.so");
        if (Files.notExists(there)) {
          Files.copy(library, there);
          for (Path needed : RuntimeImage.dependencies(library)) {
            RuntimeImage.copy(needed, lib);
          }
        }
      }
    }
  }

  /** Copies a jar with its entries as they are: jars compress better together than each alone. */
  private static void store(Path jar, Path copy) throws IOException {
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar));
        OutputStream file = Files.newOutputStream(copy);
        ZipOutputStream out = new ZipOutputStream(file)) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        byte[] bytes = in.readAllBytes();
        CRC32 crc = new CRC32();
        crc.update(bytes);
        ZipEntry stored = new ZipEntry(entry.getName());
        stored.setMethod(ZipEntry.STORED);
        stored.setSize(bytes.length);
        stored.setCrc(crc.getValue());
        stored.setTime(0);
        out.putNextEntry(stored);
        out.write(bytes);
        out.closeEntry();
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path there = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(there);
        } else {
          Files.copy(file, there, StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
  }

  /** As {@code git describe} has it, with {@code -dirty} where files were changed. */
  private String commit() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Tool.ask(
            path, "git", "-C", home.toString(), "describe", "--always", "--dirty", "--abbrev=40")
        .flatMap(lines -> lines.stream().findFirst())
        .orElse("unknown");
  }

  /** Forces all files to the disk; returns their size. */
  private static long force(Path folder) throws IOException {
    long size = 0;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> Files.isRegularFile(f)).toList()) {
        size += Files.size(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
          channel.force(true);
        }
      }
    }
    return size;
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
