package ffc.cli.network;

import ffc.cli.data.WorkProgress;
import ffc.cli.options.CheckpointOption;
import ffc.cli.options.DeviceOption;
import ffc.cli.options.FormatOption;
import ffc.cli.options.OutOption;
import ffc.cli.options.ThreadsOption;
import ffc.cli.options.Wanted;
import ffc.core.train.TrainedEncoder;
import ffc.eval.embedding.ImageEmbedder;
import ffc.eval.gallery.Gallery;
import ffc.formats.WholeFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.image.Fit;
import ffc.runs.search.Search;
import ffc.runs.search.SearchResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc search}. */
@Command(
    name = "search",
    description = {
      "Answer who is on a picture: the most similar images of a gallery, with their identity, score"
          + " and what the score means by the run's own evaluation. The search is exact. Embeddings"
          + " of the gallery are kept beside the run and used again for images that have not"
          + " changed; without --query they are only brought up to date.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc search --checkpoint runs/mine --gallery data/quickstart/open.rec"
    },
    mixinStandardHelpOptions = true)
public final class SearchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CheckpointOption checkpoint;

  @Option(
      names = "--gallery",
      paramLabel = "SOURCE",
      required = true,
      description = "Images with identities, as training reads them: a pack, folder, LMDB or list")
  private String gallery;

  @Mixin private FormatOption format;

  @Option(
      names = "--query",
      paramLabel = "FILE",
      arity = "1..*",
      description = "Pictures of any size: JPEG, PNG, WebP, GIF, BMP or TIFF")
  private List<Path> queries = List.of();

  @Option(
      names = "--fit",
      paramLabel = "FIT",
      defaultValue = "crop",
      description =
          "How a query gets the size of the gallery's images: crop (default), pad or stretch, as"
              + " for data import")
  private Fit fit;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "5",
      description = "Images for each query (default: ${DEFAULT-VALUE})")
  private int top;

  @Option(
      names = "--one-each",
      description = "Only the best image of each identity: N identities for each query")
  private boolean oneEach;

  @Mixin private KeptEmbeddings kept;
  @Mixin private ThreadsOption threads;
  @Mixin private DeviceOption device;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the answers as JSON")
  private Path json;

  @ArgGroup(exclusive = false)
  private OutOption.File page;

  @Override
  public Integer call() throws IOException {
    Search.Options options =
        new Search.Options(Wanted.atLeast("--top", top, 1), oneEach, threads.threads());
    Path out = page == null ? null : page.path(".html");
    if (queries.isEmpty() && (json != null || out != null)) {
      throw new IllegalArgumentException(
          (json != null ? "--json" : "--out") + " wants answers to write; add --query FILE");
    }
    String network = checkpoint.told();
    Search.Queries asked = asked();
    DataConfig.Source source = new DataConfig.Source(format.of(gallery), gallery);
    try (Dataset data = DataSets.open(source);
        TrainedEncoder encoder = checkpoint.open(device);
        WorkProgress progress = new WorkProgress()) {
      ImageEmbedder embedder = kept.embedder(encoder);
      Gallery embedded = kept.open(data, checkpoint, embedder, progress);
      SearchResult result =
          new SearchResult(
              network,
              data.name(),
              data.images(),
              data.identities(),
              embedded.embedded(),
              kept.meaning(checkpoint).orElse(null),
              Search.answers(asked, embedded, data, embedder, options, progress));
      spec.commandLine().getOut().print(result.text());
      if (json != null) {
        WholeFile.create(json, result.json().toPrettyString() + "\n");
      }
      if (out != null) {
        result.write(out, data, checkpoint.shape());
        spec.commandLine().getOut().println("\npage " + out);
      }
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private Search.Queries asked() throws IOException {
    try {
      return Search.Queries.read(queries, fit, checkpoint.shape());
    } catch (BadDataException e) {
      throw new BadDataException("--query " + e.getMessage(), e);
    }
  }
}
