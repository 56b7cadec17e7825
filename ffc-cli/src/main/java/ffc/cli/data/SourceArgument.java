package ffc.cli.data;

import ffc.cli.options.FormatOption;
import ffc.cli.options.OutOption;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormats;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The data set that a command works on. */
final class SourceArgument {
  @Parameters(
      paramLabel = "SOURCE",
      arity = "1..*",
      description =
          "A .rec pack, an image folder, an LMDB (env:list or env with env.txt), tars of samples,"
              + " Parquet files (files or files:IMAGE:LABEL, which name columns), a tab-separated"
              + " manifest or an index; a pack or tar may be an http(s) address; several of a kind"
              + " follow each other or are separated by commas")
  private List<String> paths;

  @Mixin private FormatOption format;

  @Option(
      names = "--labels",
      paramLabel = "L",
      defaultValue = "dense",
      description =
          "dense: labels of packs, LMDB, tars and Parquet run from 0 without gaps (default); compact: any labels,"
              + " numbered anew in their order")
  private DataConfig.Labels labels;

  DataConfig.Source source() {
    return new DataConfig.Source(
        format.of(DataFormats.paths(paths).get(0).toString()), paths, labels);
  }

  Dataset open() {
    return DataSets.open(source());
  }

  /**
   * Opens it for a command that writes into a folder.
   *
   * @throws IllegalArgumentException if that is where it lies
   */
  Dataset open(OutOption.Folder out) {
    DataFormats.refuseWithin(out.path(), paths);
    return open();
  }
}
