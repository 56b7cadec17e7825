package ffc.cli.network;

import ffc.cli.options.CheckpointOption;
import ffc.core.net.ModelConfig;
import ffc.core.train.TrainedEncoder;
import ffc.eval.embedding.ImageEmbedder;
import ffc.eval.embedding.MirrorSum;
import ffc.eval.gallery.Gallery;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.data.Resize;
import ffc.runs.search.ScoreMeaning;
import ffc.runs.search.Search;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of commands that keep a set's embeddings beside the run. */
final class KeptEmbeddings {
  @Option(
      names = "--flip",
      description = "Add the mirrored image's embedding to that of every image")
  private boolean flip;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = "Folder that keeps the embeddings (default: search in the run)")
  private Path cache;

  boolean flip() {
    return flip;
  }

  /** The network as the options want it. */
  ImageEmbedder embedder(TrainedEncoder encoder) {
    return flip ? new MirrorSum(encoder.embedder()) : encoder.embedder();
  }

  /**
   * The embeddings of a set.
   *
   * @param embedder that of {@link #embedder}
   */
  Gallery open(Dataset data, CheckpointOption checkpoint, ImageEmbedder embedder, Progress progress)
      throws IOException {
    String structure = structure(checkpoint.model(), checkpoint.shape());
    return Gallery.open(
        data,
        embedder,
        Search.network(checkpoint.folders(), checkpoint.net(), structure, flip),
        cache == null ? checkpoint.run().resolve("search") : cache,
        progress);
  }

  /** What scores mean by the run's evaluations; of a mean of checkpoints there are none. */
  Optional<ScoreMeaning> meaning(CheckpointOption checkpoint) throws IOException {
    return checkpoint.averaged() > 1
        ? Optional.empty()
        : Search.meaning(checkpoint.run(), checkpoint.folder(), checkpoint.net(), flip);
  }

  /** What embeddings depend on beside weights: of runs that resize, how they do. */
  private static String structure(ModelConfig model, ImageShape shape) {
    return shape.resize() == Resize.off ? model.toString() : model + " resize " + shape.resize();
  }
}
