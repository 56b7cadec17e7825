package ffc.cli.data;

import ffc.cli.options.CheckpointOption;
import ffc.cli.options.DeviceOption;
import ffc.cli.options.OutOption;
import ffc.eval.clean.LookAlikeOrder;
import ffc.eval.embedding.Embeddings;
import ffc.loaders.data.Counted;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.tools.Relabel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc data order}. */
@Command(
    name = "order",
    description = {
      "Write a set so that identities that a trained network takes for each other follow each other:"
          + " DIR/train.rec, image bytes untouched, and DIR/train.labels.tsv, which says what each"
          + " label was. Train on it with data.localityBlock: N, and the group holds look-alikes.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc data order data/quickstart/train.rec --checkpoint runs/mine --block 100 --out ordered"
    },
    mixinStandardHelpOptions = true)
final class OrderCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;
  @Mixin private CheckpointOption checkpoint;
  @Mixin private DeviceOption device;

  @Option(
      names = "--block",
      paramLabel = "N",
      required = true,
      description =
          "Identities of a block, which data.localityBlock will be: a part of method.capacity, so that"
              + " the group holds several blocks")
  private int block;

  @Mixin private OutOption.Folder out;

  @Override
  public Integer call() throws IOException {
    try (Dataset data = source.open(out)) {
      if (data.identities() < 4) {
        throw new IllegalArgumentException(
            "%s: has %s, wanted at least 4: two blocks of two"
                .formatted(data.name(), Counted.of(data.identities(), "identity")));
      }
      if (block < 2 || data.identities() < 2L * block) {
        throw new IllegalArgumentException(
            "--block: got %d, wanted 2 to %d, half of the identities of %s"
                .formatted(block, data.identities() / 2, data.name()));
      }
      Path rec = out.path().resolve("train.rec");
      Relabel.check(rec, data.identities()); // embedding takes long
      try (MadeFolders made = new MadeFolders(out.path());
          WorkProgress progress = new WorkProgress()) {
        Embeddings embeddings = EmbeddedAside.of(data, checkpoint, device, out.path(), progress);
        LookAlikeOrder order =
            LookAlikeOrder.of(embeddings, block, rowsInMemory(embeddings.dim()), progress);
        Relabel.Result written = Relabel.inOrder(data, order.identities(), rec, progress);
        spec.commandLine()
            .getOut()
            .printf(
                Locale.ROOT,
                "%s: %s, %s%nof the ten identities most like one, %.0f %% stand in its block of %,d"
                    + " (by chance %.1f %%)%ntrain on it: data.train.path: %s, data.localityBlock: %d%n",
                out.path(),
                Counted.of(written.identities(), "identity"),
                Counted.of(written.images(), "image"),
                100 * order.kept(),
                block,
                100 * order.byChance(),
                rec,
                block);
      }
    }
    return 0;
  }

  /** A quarter of the heap, and no more than one array holds. */
  private static int rowsInMemory(int dim) {
    return (int)
        Math.min(Runtime.getRuntime().maxMemory() / 4 / 4 / dim, (Integer.MAX_VALUE - 8) / dim);
  }
}
