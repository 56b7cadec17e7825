package ffc.cli.data;

import ffc.cli.options.CheckpointOption;
import ffc.cli.options.DeviceOption;
import ffc.core.train.TrainedEncoder;
import ffc.eval.EmbeddingFile;
import ffc.eval.embedding.Embeddings;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Embeddings of a whole set for the time of a command: it may have more than the heap holds. */
final class EmbeddedAside {
  private EmbeddedAside() {}

  /**
   * Embeds into a file that has no name any more when this returns.
   *
   * @param folder where the file lies, 4 bytes a component of each image
   */
  static Embeddings of(
      Dataset data,
      CheckpointOption checkpoint,
      DeviceOption device,
      Path folder,
      Progress progress)
      throws IOException {
    Path file = folder.resolve(".embeddings.npy");
    try (TrainedEncoder encoder = checkpoint.open(device)) {
      EmbeddingFile.write(file, data, encoder.embedder(), progress);
      return EmbeddingFile.open(file, null);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(EmbeddingFile.labelsOf(file));
    }
  }
}
