package ffc.cli;

import ffc.cli.options.CheckpointOption;
import ffc.cli.progress.Lines;
import ffc.core.train.TrainedEncoder;
import ffc.eval.EmbeddingFile;
import ffc.eval.EvaluateConfig;
import ffc.eval.EvaluateConfig.Format;
import ffc.eval.Evaluator;
import ffc.eval.TrainingCounts;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.ImageEmbedder;
import ffc.eval.embedding.MirrorSum;
import ffc.eval.roc.EvalResult;
import ffc.formats.WholeFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.source.Sources;
import ffc.runs.record.Records;
import ffc.runs.report.EvaluationPage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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

  @Mixin private ProtocolOptions options;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "File or folder of the set, for --checkpoint")
  private Path data;

  @Option(
      names = "--format",
      paramLabel = "F",
      description =
          "${COMPLETION-CANDIDATES}; told from the path if left out, a text file counts as a"
              + " manifest")
  private Format format;

  /** Whether {@link #format} was given; the other sets are then of it too. */
  private boolean formatTold;

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
  private DataConfig.Format trainingFormat;

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
    formatTold = format != null;
    format = formatTold ? format : guess(data.toString());
    String name = data.getFileName().toString().replaceAll("[^A-Za-z0-9_-]", "-");
    try (TrainedEncoder encoder = checkpoint.open()) {
      show(
          name,
          format.isPairs() ? ofPairs(name, encoder.embedder()) : ofImages(encoder.embedder()));
    }
    return 0;
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
        Judgement.labelled(options.embeddings().toString(), embeddings, counts, strangers, options);
    judged.json().put("embeddings", options.embeddings().toString());
    return judged;
  }

  private Judgement ofPairs(String name, ImageEmbedder embedder) throws IOException {
    if (trainingData != null || options.distractors() != null || options.templatesGiven()) {
      throw new IllegalArgumentException(
          "--training-data, --distractors and --templates need labelled images; a set of pairs"
              + " names no identities");
    }
    EvaluateConfig set =
        new EvaluateConfig(
            name, format, data.toString(), checkpoint.net(), flip, List.of("end"), null, null);
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(set, embedder);
      return new Judgement(
          checkpoint.folder() + "  " + Lines.evaluation(result) + "\n", Records.evaluation(result));
    }
  }

  private Judgement ofImages(ImageEmbedder network) throws IOException {
    boolean mirrored = flip == null ? options.templatesGiven() : flip;
    ImageEmbedder embedder = mirrored ? new MirrorSum(network) : network;
    try (Dataset set = DataSets.open(new DataConfig.Source(format(), data.toString()))) {
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
      Embeddings strangers = options.distractors() == null ? null : strangers(embedder);
      Judgement judged =
          Judgement.labelled(
              checkpoint.folder() + "  " + data + (mirrored ? ", flip test" : ""),
              Evaluator.embed(set, embedder),
              counts,
              strangers,
              options);
      judged.json().put("checkpoint", checkpoint.folder().toString());
      judged.json().put("set", data.toString());
      judged.json().put("flip", mirrored);
      return judged;
    }
  }

  private Embeddings strangers(ImageEmbedder embedder) {
    String path = options.distractors().toString();
    if (path.matches(".*\\.(np[yz]|safetensors)")) {
      return EmbeddingFile.unlabelled(options.distractors());
    }
    DataConfig.Format known = formatTold ? format() : Sources.formatOf(path);
    try (Dataset set = DataSets.open(new DataConfig.Source(known, path))) {
      return Evaluator.embed(set, embedder);
    }
  }

  private static Format guess(String path) {
    if (path.endsWith(".bin")) {
      return Format.bin;
    }
    DataConfig.Format known = Sources.formatOf(path);
    if (known == DataConfig.Format.synthetic) {
      throw new IllegalArgumentException("--data " + path + ": no such file or folder");
    }
    return Format.valueOf(known.name());
  }

  private DataConfig.Format format() {
    return DataConfig.Format.valueOf(format.name());
  }

  private Dataset training() {
    DataConfig.Format known =
        trainingFormat == null ? Sources.formatOf(trainingData) : trainingFormat;
    return DataSets.open(new DataConfig.Source(known, trainingData));
  }

  private void show(String name, Judgement judged) throws IOException {
    spec.commandLine().getOut().print(judged.text());
    spec.commandLine().getOut().flush();
    if (json != null) {
      WholeFile.write(json, judged.json().toPrettyString() + "\n");
    }
    if (page != null) {
      EvaluationPage.write(page, name, judged.json(), judged.text());
    }
  }
}
