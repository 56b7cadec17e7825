package ffc.cli.data;

import ffc.loaders.DataConfig;
import ffc.loaders.Dataset;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The data set that a command works on. */
final class SourceArgument {
  @Parameters(
      paramLabel = "SOURCE",
      description =
          "A .rec pack, an image folder, an LMDB (env:list or env with env.txt), a tab-separated"
              + " manifest or an index; several of a kind separated by commas")
  private String path;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "${COMPLETION-CANDIDATES}; told from the path if left out")
  private DataConfig.Format format;

  DataConfig.Source source() {
    return new DataConfig.Source(format == null ? guess(path.split(",", 2)[0]) : format, path);
  }

  Dataset open() {
    return Dataset.open(source());
  }

  private static DataConfig.Format guess(String text) {
    Path file;
    try {
      file = Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("\"" + text + "\" names no file", e);
    }
    String name = text.toLowerCase(Locale.ROOT);
    if (name.endsWith(".rec")) {
      return DataConfig.Format.recordio;
    }
    int colon = text.lastIndexOf(':');
    Path environment = colon > 0 ? Path.of(text.substring(0, colon)) : file;
    if (Files.exists(environment.resolve("data.mdb")) || name.endsWith(".mdb")) {
      return DataConfig.Format.lmdb;
    }
    if (Files.exists(file.resolve("index.ffc"))) {
      return DataConfig.Format.index;
    }
    if (Files.isDirectory(file)) {
      return DataConfig.Format.folder;
    }
    if (Files.isRegularFile(file)) {
      return DataConfig.Format.manifest;
    }
    if (text.contains("=")) {
      return DataConfig.Format.synthetic;
    }
    throw new IllegalArgumentException(text + ": no such file or folder");
  }
}
