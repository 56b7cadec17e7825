package ffc.cli;

import ffc.cli.options.CheckpointOption;
import ffc.cli.options.DataOption;
import ffc.cli.options.DeviceOption;
import ffc.cli.options.FormatOption;
import ffc.cli.progress.Lines;
import ffc.core.train.TrainedEncoder;
import ffc.eval.EmbeddingFile;
import ffc.eval.EvaluateConfig;
import ffc.eval.EvaluateConfigBuilder;
import ffc.eval.Evaluator;
import ffc.eval.GroupFile;
import ffc.eval.TrainingCounts;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.ImageEmbedder;
import ffc.eval.embedding.MirrorSum;
import ffc.eval.roc.EvalResult;
import ffc.formats.WholeFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.runs.record.RunJson;
import ffc.runs.report.EvaluationPage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc eval}. */
@Command(
    name = "eval",
    description = {
      "Judge a checkpoint on a set, or embeddings of any system: bin and pairs by the 10-fold"
          + " protocol; labelled images by all-pairs TAR@FAR, leave-one-out rank-N and open-set"
          + " search, with confidence intervals; on demand distractors, templates, figures by the"
          + " size of the identity in the training set.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc eval --checkpoint runs/mine --data data/quickstart/open.rec"
    },
    mixinStandardHelpOptions = true)
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @ArgGroup(exclusive = false)
  private CheckpointOption checkpoint;

  @ArgGroup(exclusive = false)
  private DataOption data;

  @Mixin private DeviceOption device;

  @Mixin private ProtocolOptions options;

  @Option(
      names = "--flip",
      negatable = true,
      description =
          "Add the mirrored image's embedding (default: for bin, pairs and templates only)")
  private Boolean flip;

  @Option(
      names = "--training-data",
      paramLabel = "PATH",
      description =
          "Figures by the size of the identity in this training set as well; identities are the"
              + " same if their names are")
  private String trainingData;

  @Option(
      names = "--training-format",
      paramLabel = "F",
      description = "Its format; told from the path if left out")
  private String trainingFormat;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write figures, curves and neighbours as JSON")
  private Path json;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Write a page with ROC, score histograms, CMC and accuracy by stratum")
  private Path page;

  @Override
  public Integer call() throws IOException {
    if (options.embeddingsGiven() == (checkpoint != null)) {
      throw new IllegalArgumentException(
          "eval needs --checkpoint with --data, or --embeddings; got "
              + (options.embeddingsGiven() ? "both" : "neither"));
    }
    options.templatesGiven();
    if (options.embeddingsGiven()) {
      show(options.embeddings().getFileName().toString(), ofFile());
      return 0;
    }
    if (data == null) {
      throw new IllegalArgumentException("--checkpoint needs --data PATH");
    }
    EvaluateConfig set = set();
    // The set is opened first: what is wrong with it shows before the network is loaded.
    try (Dataset images = set.ofPairs() ? null : DataSets.open(data.images());
        TrainedEncoder encoder = checkpoint.open(device)) {
      ImageEmbedder network = encoder.embedder();
      show(set.name(), images == null ? ofPairs(set, network) : ofImages(images, network));
    }
    return 0;
  }

  private EvaluateConfig set() {
    String format = data.format();
    if (!EvaluateConfig.formats().contains(format)) {
      throw new IllegalArgumentException(
          "--data %s: no such file or folder (format %s stores no images to judge by)"
              .formatted(data.path(), format));
    }
    return EvaluateConfigBuilder.builder()
        .name(Path.of(data.path()).getFileName().toString().replaceAll("[^A-Za-z0-9_-]", "-"))
        .format(format)
        .path(data.path())
        .net(checkpoint.net())
        .flip(flip)
        .build();
  }

  private Judgement ofFile() throws IOException {
    if (options.templatesGiven()) {
      EmbeddingFile.Raw raw = EmbeddingFile.raw(options.embeddings());
      return Judgement.templates(raw.rows(), raw.dim(), "as embedded", options);
    }
    Embeddings embeddings = EmbeddingFile.open(options.embeddings(), options.labels());
    LongUnaryOperator counts = null;
    if (trainingData != null) {
      try (Dataset training = training()) {
        counts = TrainingCounts.of(training, embeddings);
      }
    }
    Embeddings strangers =
        options.distractors() == null ? null : EmbeddingFile.unlabelled(options.distractors());
    Judgement judged =
        Judgement.labelled(
            options.embeddings().toString(),
            embeddings,
            counts,
            options.groups == null ? null : GroupFile.read(options.groups).of(embeddings),
            strangers,
            options);
    judged.json().put("embeddings", options.embeddings().toString());
    return judged;
  }

  private Judgement ofPairs(EvaluateConfig set, ImageEmbedder embedder) throws IOException {
    if (trainingData != null
        || options.groups != null
        || options.distractors() != null
        || options.templatesGiven()) {
      throw new IllegalArgumentException(
          "--training-data, --groups, --distractors and --templates need labelled images; a set of pairs"
              + " names no identities");
    }
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(set, embedder);
      return new Judgement(
          checkpoint.told() + "  " + Lines.evaluation(result) + "\n", RunJson.evaluation(result));
    }
  }

  private Judgement ofImages(Dataset set, ImageEmbedder network) throws IOException {
    boolean mirrored = flip == null ? options.templatesGiven() : flip;
    ImageEmbedder embedder = mirrored ? new MirrorSum(network) : network;
    if (options.templatesGiven()) {
      return Judgement.templates(
          Evaluator.features(set, embedder), embedder.dim(), mirrored ? "yes" : "no", options);
    }
    LongUnaryOperator counts = null;
    if (trainingData != null) {
      try (Dataset training = training()) {
        counts = TrainingCounts.of(training, set);
      }
    }
    LongFunction<String> groups =
        options.groups == null ? null : GroupFile.read(options.groups).of(set);
    Embeddings strangers = options.distractors() == null ? null : strangers(embedder);
    Judgement judged =
        Judgement.labelled(
            checkpoint.told() + "  " + data.path() + (mirrored ? ", flip test" : ""),
            Evaluator.embed(set, embedder),
            counts,
            groups,
            strangers,
            options);
    judged.json().put("checkpoint", checkpoint.folder().toString());
    if (checkpoint.averaged() > 1) {
      judged.json().put("average", checkpoint.averaged());
    }
    judged.json().put("set", data.path());
    judged.json().put("flip", mirrored);
    return judged;
  }

  private Embeddings strangers(ImageEmbedder embedder) {
    String path = options.distractors().toString();
    if (path.matches(".*\\.(np[yz]|safetensors)")) {
      return EmbeddingFile.unlabelled(options.distractors());
    }
    try (Dataset set = DataSets.open(data.images(path))) {
      return Evaluator.embed(set, embedder);
    }
  }

  private Dataset training() {
    String format = FormatOption.of("--training-format", trainingFormat, trainingData);
    Dataset training = DataSets.open(new DataConfig.Source(format, trainingData));
    TrainingCounts.doubt(training)
        .ifPresent(doubt -> spec.commandLine().getErr().println("warning: " + doubt));
    return training;
  }

  private void show(String name, Judgement judged) throws IOException {
    spec.commandLine().getOut().print(judged.text());
    spec.commandLine().getOut().flush();
    if (json != null) {
      WholeFile.create(json, judged.json().toPrettyString() + "\n");
    }
    if (page != null) {
      EvaluationPage.write(page, name, judged.json(), judged.text());
    }
  }
}
