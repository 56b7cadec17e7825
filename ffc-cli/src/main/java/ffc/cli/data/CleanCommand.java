package ffc.cli.data;

import ffc.cli.options.CheckpointOption;
import ffc.cli.options.DeviceOption;
import ffc.cli.options.OutOption;
import ffc.eval.clean.Cleaning;
import ffc.eval.clean.Thresholds;
import ffc.eval.embedding.Embeddings;
import ffc.formats.WholeFile;
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

/** {@code ffc data clean}. */
@Command(
    name = "clean",
    description = {
      "Propose corrections with a trained network: images that do not belong to their identity and"
          + " identities that look like one. DIR receives outliers.tsv, lookalikes.tsv, a report"
          + " with pictures, and the cleaned set as train.rec with train.labels.tsv, which says what"
          + " each label was; the source is only read. Every"
          + " identity is compared with every other: the time grows with the square of their"
          + " number.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc data clean data/quickstart/train.rec --checkpoint runs/mine --out cleaned"
    },
    mixinStandardHelpOptions = true)
final class CleanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;
  @Mixin private CheckpointOption checkpoint;
  @Mixin private DeviceOption device;

  @Mixin private OutOption.Folder out;

  @Option(
      names = "--link",
      paramLabel = "COSINE",
      description = "Two images of an identity are linked above it (default: from the data)")
  private Double link;

  @Option(
      names = "--merge",
      paramLabel = "COSINE",
      description = "Two identities look like one above it (default: from the data)")
  private Double merge;

  @Option(
      names = "--join",
      description =
          "Join identities that look like one in train.rec; look through the report first: twins of"
              + " different identities are among them")
  private boolean join;

  @Override
  public Integer call() throws IOException {
    if ((link == null) != (merge == null)) {
      throw new IllegalArgumentException("--link and --merge belong together: give both or none");
    }
    Thresholds given = link == null ? null : new Thresholds(link, merge);
    Path rec = out.path().resolve("train.rec");
    try (Dataset data = source.open(out)) {
      Relabel.check(rec, data.identities()); // embedding takes long
      clean(data, given, rec);
    }
    return 0;
  }

  private void clean(Dataset data, Thresholds given, Path rec) throws IOException {
    try (MadeFolders made = new MadeFolders(out.path());
        WorkProgress progress = new WorkProgress()) {
      Embeddings embeddings = EmbeddedAside.of(data, checkpoint, device, out.path(), progress);
      Cleaning cleaning = Cleaning.propose(embeddings, given);
      if (given == null && !cleaning.thresholds().separate()) {
        spec.commandLine()
            .getErr()
            .printf(
                Locale.ROOT,
                "ffc: nothing is proposed: the network does not separate these identities, random"
                    + " pairs of different ones are too similar for limits below 1 (images %.4f,"
                    + " identities %.4f); take a network that is trained further, or give --link"
                    + " and --merge%n",
                cleaning.thresholds().link(),
                cleaning.thresholds().merge());
      }
      WholeFile.create(out.path().resolve("outliers.tsv"), outliers(cleaning, data));
      WholeFile.create(out.path().resolve("lookalikes.tsv"), lookAlikes(cleaning, data));
      WholeFile.create(
          out.path().resolve("report.html"),
          new CleanReport(data, checkpoint.shape()).html(cleaning));
      long[] identities = cleaning.identities(embeddings, join);
      Relabel.Result written = Relabel.run(data, identities, rec, progress);
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s: %,d of %,d images do not belong (linked above %.4f), %,d pairs of identities"
                  + " look like one (above %.4f)%ntrain.rec: %s, %s%n",
              out.path(),
              cleaning.outliers().size(),
              data.images(),
              cleaning.thresholds().link(),
              cleaning.lookAlikes().size(),
              cleaning.thresholds().merge(),
              Counted.of(written.identities(), "identity"),
              Counted.of(written.images(), "image"));
    }
  }

  private static String outliers(Cleaning cleaning, Dataset data) {
    StringBuilder lines =
        new StringBuilder("image\tidentity\town_similarity\tnearest\tnearest_similarity\tplace\n");
    for (Cleaning.Outlier outlier : cleaning.outliers()) {
      lines.append(
          String.format(
              Locale.ROOT,
              "%d\t%s\t%.4f\t%s\t%.4f\t%s%n",
              outlier.image(),
              data.identityName(outlier.identity()),
              outlier.ownSimilarity(),
              data.identityName(outlier.nearestIdentity()),
              outlier.nearestSimilarity(),
              data.describe(outlier.image())));
    }
    return lines.toString();
  }

  private static String lookAlikes(Cleaning cleaning, Dataset data) {
    StringBuilder lines = new StringBuilder("first\tsecond\tsimilarity\n");
    for (Cleaning.LookAlike pair : cleaning.lookAlikes()) {
      lines.append(
          String.format(
              Locale.ROOT,
              "%s\t%s\t%.4f%n",
              data.identityName(pair.first()),
              data.identityName(pair.second()),
              pair.similarity()));
    }
    return lines.toString();
  }
}
