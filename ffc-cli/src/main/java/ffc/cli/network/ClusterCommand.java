package ffc.cli.network;

import ffc.cli.data.WorkProgress;
import ffc.cli.options.CheckpointOption;
import ffc.cli.options.DeviceOption;
import ffc.cli.options.FormatOption;
import ffc.cli.options.OutOption;
import ffc.cli.options.Wanted;
import ffc.core.train.TrainedEncoder;
import ffc.eval.cluster.Agreement;
import ffc.eval.cluster.AverageLinkage;
import ffc.eval.cluster.Clustering;
import ffc.eval.cluster.Cohesion;
import ffc.eval.gallery.Gallery;
import ffc.formats.WholeFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.Counted;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.format.DataFormats;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.source.PictureList;
import ffc.loaders.tools.AsideFile;
import ffc.loaders.tools.Relabel;
import ffc.runs.page.Table;
import ffc.runs.search.ScoreMeaning;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code ffc cluster}. */
@Command(
    name = "cluster",
    description = {
      "Find identities in pictures that have none: clusters of a network's embeddings, by average"
          + " linkage. DIR receives clusters.tsv, a line an image, which can be trained on where the"
          + " images are files, and report.html with pictures of the largest clusters and of those in"
          + " doubt. Every image is compared with every other: the time grows with the square of"
          + " their number.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc cluster --checkpoint runs/mine data/quickstart/open.rec --out clusters"
    },
    mixinStandardHelpOptions = true)
public final class ClusterCommand implements Callable<Integer> {
  private static final double FAR = 5e-4;

  @Spec private CommandSpec spec;
  @Mixin private CheckpointOption checkpoint;

  @Parameters(
      paramLabel = "SOURCE",
      description =
          "A folder, of which every picture below it is taken, or images as training reads them: a"
              + " pack, LMDB, tars or list, whose labels are not looked at")
  private String source;

  @Mixin private FormatOption format;

  @ArgGroup private Limit limit = new Limit();

  /** Where merging ends. */
  private static final class Limit {
    @Option(
        names = "--threshold",
        paramLabel = "COSINE",
        description = "Clusters are merged while the mean cosine of their images exceeds it")
    private Double cosine;

    @Option(
        names = "--far",
        paramLabel = "RATE",
        description =
            "The threshold as false accept rate of the run's own evaluation: the share of its pairs"
                + " of different identities that score as high (default: 5e-4)")
    private Double far;
  }

  @Option(
      names = "--least",
      paramLabel = "N",
      defaultValue = "1",
      description = "Leave clusters of fewer images out of what is written (default: all are in)")
  private int least;

  @ArgGroup(exclusive = false)
  private OutOption.Folder out;

  @Option(
      names = "--pack",
      description = "Also write DIR/train.rec, image bytes untouched, an identity a cluster")
  private boolean pack;

  @Option(
      names = "--judge",
      description =
          "Compare the clusters with the set's own identities: precision, recall and F1 of pairs and"
              + " of images (BCubed); of a folder its sub-folders are the identities")
  private boolean judge;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write the figures, and the images of all clusters, --least or not, as JSON; replaces FILE")
  private Path json;

  @Mixin private KeptEmbeddings kept;
  @Mixin private DeviceOption device;

  @Override
  public Integer call() throws IOException {
    Wanted.atLeast("--least", least, 1);
    if (pack && out == null) {
      throw new IllegalArgumentException("--pack wants a folder to write into; add --out DIR");
    }
    Path clusters = out == null ? null : out.path().resolve("clusters.tsv");
    Path page = out == null ? null : out.path().resolve("report.html");
    Path rec = pack ? out.path().resolve("train.rec") : null;
    if (out != null) {
      DataFormats.refuseWithin(out.path(), List.of(source));
      AsideFile.refuseExisting(clusters, page);
    }
    if (pack) {
      AsideFile.refuseExisting(rec);
    }
    Threshold threshold = threshold();
    String kind = format.of(source);
    if (!kind.equals("folder") || judge) {
      try (Dataset data = DataSets.open(new DataConfig.Source(kind, source))) {
        cluster(data, "", threshold, clusters, page, rec);
      }
      return 0;
    }
    Path list = Files.createTempFile("ffc-pictures", ".tsv");
    list.toFile().deleteOnExit(); // a signal ends the process without what follows
    try {
      PictureList pictures = PictureList.write(Path.of(source), list);
      String others =
          pictures.others() == 0
              ? ""
              : "; %s left out: not %s, or hidden"
                  .formatted(Counted.of(pictures.others(), "other file"), ImageFormat.ANY_ENDING);
      try (Dataset data = DataSets.open(new DataConfig.Source("manifest", list.toString()))) {
        cluster(data, others, threshold, clusters, page, rec);
      }
    } finally {
      Files.deleteIfExists(list);
    }
    return 0;
  }

  private void cluster(
      Dataset data, String others, Threshold threshold, Path clusters, Path page, Path rec)
      throws IOException {
    StringBuilder text = new StringBuilder();
    try (TrainedEncoder encoder = checkpoint.open(device);
        WorkProgress progress = new WorkProgress()) {
      Gallery embedded = kept.open(data, checkpoint, kept.embedder(encoder), progress);
      Clustering found = AverageLinkage.of(embedded.rows(), threshold.cosine(), progress);
      text.append(
          String.format(
              Locale.ROOT,
              "%s: %s; %,d embedded now, %,d as before%s%n%s%n%s, %,d of them of one image; the"
                  + " largest has %,d%n",
              source,
              Counted.of(data.images(), "image"),
              embedded.embedded(),
              data.images() - embedded.embedded(),
              others,
              threshold.told(),
              Counted.of(found.count(), "cluster"),
              found.count() - found.countOfSize(2),
              found.size(0)));
      Agreement agreement = judge ? agreement(data, found) : null;
      if (judge) {
        text.append(judged(agreement));
      }
      if (clusters != null) {
        write(data, embedded, found, text, clusters, page, rec, progress);
      }
      if (json != null) {
        ObjectNode all =
            ClusterJson.of(
                checkpoint.told(),
                source,
                data,
                embedded.embedded(),
                threshold.cosine(),
                threshold.meaning(),
                found,
                agreement);
        WholeFile.create(json, all.toPrettyString() + "\n");
      }
    }
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
  }

  private void write(
      Dataset data,
      Gallery embedded,
      Clustering found,
      StringBuilder text,
      Path clusters,
      Path page,
      Path rec,
      Progress progress)
      throws IOException {
    int written = found.countOfSize(least);
    int images = found.starts()[written];
    if (written == 0) {
      throw new IllegalArgumentException(
          "--least: got %d, and the largest cluster has %s"
              .formatted(least, Counted.of(found.size(0), "image")));
    }
    try (MadeFolders made = new MadeFolders(clusters.toAbsolutePath().getParent())) {
      boolean files = Files.isRegularFile(Path.of(data.describe(0)));
      if (rec != null) {
        long[] identities =
            Arrays.stream(found.of()).mapToLong(c -> c < written ? c : -1).toArray();
        Relabel.run(data, identities, image -> "cluster " + found.of()[image], rec, progress);
      }
      try (AsideFile lines = new AsideFile(clusters)) {
        for (int i = 0; i < images; i++) {
          int image = found.members()[i];
          String place = data.describe(image);
          String line =
              found.of()[image]
                  + "\t"
                  + (files ? Path.of(place).toAbsolutePath().normalize() : image + "\t" + place)
                  + "\n";
          lines.write(StandardCharsets.UTF_8.encode(line));
        }
        lines.commit();
      }
      WholeFile.create(
          page,
          new ClusterReport(
                  source,
                  text.toString(),
                  found,
                  Cohesion.of(embedded.rows(), found),
                  data,
                  checkpoint.shape())
              .html());
      String of = "%s in %s".formatted(Counted.of(images, "image"), Counted.of(written, "cluster"));
      text.append(
          String.format(
              Locale.ROOT,
              "%s: %s; %s%n%s: sizes, and pictures of the largest and of those in doubt%n",
              clusters,
              of,
              rec != null
                  ? "train on data.train: {format: recordio, path: " + rec + "}"
                  : files
                      ? "train on data.train: {format: manifest, path: " + clusters + "}"
                      : "--pack makes a set to train on",
              page));
    }
  }

  /** Agreement with the identities of the set. */
  private static Agreement agreement(Dataset data, Clustering found) {
    int[] identities =
        IntStream.range(0, (int) data.images()).map(i -> (int) data.identityOf(i)).toArray();
    return Agreement.of(identities, found);
  }

  private static String judged(Agreement agreement) {
    return new Table(
                List.of(
                    List.of(
                        "%,d clusters of %,d identities"
                            .formatted(agreement.clusters(), agreement.identities()),
                        "precision",
                        "recall",
                        "F1"),
                    row("pairs", agreement.pairs()),
                    row("images (BCubed)", agreement.bcubed())))
            .text()
        + "\n";
  }

  private static List<String> row(String name, Agreement.Scores scores) {
    return List.of(
        name,
        String.format(Locale.ROOT, "%.4f", scores.precision()),
        String.format(Locale.ROOT, "%.4f", scores.recall()),
        String.format(Locale.ROOT, "%.4f", scores.f1()));
  }

  /**
   * Where merging ends.
   *
   * @param meaning of scores by the run's evaluation, or null
   * @param told how it was found
   */
  private record Threshold(double cosine, ScoreMeaning meaning, String told) {}

  private Threshold threshold() throws IOException {
    ScoreMeaning meaning = kept.meaning(checkpoint).orElse(null);
    double cosine;
    if (limit.cosine != null) {
      cosine = limit.cosine;
      if (!(cosine >= -1 && cosine <= 1)) {
        throw new IllegalArgumentException(
            "--threshold: got %s, wanted a cosine, -1 to 1".formatted(limit.cosine));
      }
    } else if (checkpoint.averaged() > 1) {
      throw new IllegalArgumentException(
          "--average: no evaluation of a mean of checkpoints tells which score is rare; give"
              + " --threshold COSINE");
    } else if (meaning == null) {
      throw new IllegalArgumentException(
          checkpoint.run()
              + ": no evaluation of this network tells which score is rare (evaluate in its config,"
              + " --flip); give --threshold COSINE");
    } else {
      try {
        cosine = meaning.scoreAt(limit.far == null ? FAR : limit.far);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("--far: " + e.getMessage(), e);
      }
    }
    return new Threshold(
        cosine,
        meaning,
        String.format(Locale.ROOT, "merged above %.4f", cosine)
            + (meaning == null
                ? ""
                : ", FAR %s in evaluation %s at step %d"
                    .formatted(meaning.far(cosine), meaning.set(), meaning.step())));
  }
}
