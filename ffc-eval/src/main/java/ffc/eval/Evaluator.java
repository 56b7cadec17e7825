package ffc.eval;

import ffc.engine.Closer;
import ffc.eval.allpairs.AllPairs;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.EmbeddingPass;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.ImageEmbedder;
import ffc.eval.embedding.MirrorSum;
import ffc.eval.pairs.Verification;
import ffc.eval.roc.EvalFigure;
import ffc.eval.roc.EvalResult;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.RocFromHistogram;
import ffc.eval.roc.SimilarityHistogram;
import ffc.eval.roc.TarAtFar;
import ffc.eval.search.Identification;
import ffc.eval.search.LeaveOneOut;
import ffc.eval.search.Retrieval;
import ffc.loaders.VerificationSets;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.VerificationSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Judges a network on the sets of a configuration. Sets stay open between calls, so that evaluating
 * every few steps reads each index once. One thread at a time.
 */
public final class Evaluator implements AutoCloseable {
  private static final int BATCH = 64;

  private final Dataset training;
  private final int workers;
  private final Map<String, Dataset> datasets = new HashMap<>();
  private final Map<String, VerificationSet> pairSets = new HashMap<>();
  private final Closer open = new Closer();

  /** For sets that are judged as a whole. */
  public Evaluator() {
    this(null, allCores());
  }

  /**
   * Also for {@code strata}.
   *
   * @param workers decoding threads, at least 1
   * @param training the set whose identities' sizes make the strata, or null; stays the caller's
   */
  public Evaluator(Dataset training, int workers) {
    this.training = training;
    this.workers = workers;
  }

  private static int allCores() {
    return Runtime.getRuntime().availableProcessors();
  }

  /**
   * Figures that sets of a format yield where their pairs are enough for them, higher being better:
   * paths for {@link EvalResult#metric}.
   */
  public static List<String> figures(String format) {
    List<String> figures = new ArrayList<>();
    if (VerificationSets.formats().contains(format)) {
      figures.add(EvalFigure.ACCURACY.path());
      figures.add(tarAtFar(Verification.TARGET_FAR));
    } else {
      TarAtFar.FARS.forEach(far -> figures.add(tarAtFar(far)));
      Identification.RANKS.forEach(rank -> figures.add(EvalFigure.RANK.at(rank)));
      figures.addAll(List.of(EvalFigure.R_PRECISION.path(), EvalFigure.MAP_AT_R.path()));
    }
    return figures;
  }

  /** Impostor pairs that a labelled set needs to yield a figure. */
  public static long impostorsFor(String figure) {
    return TarAtFar.FARS.stream()
        .filter(far -> tarAtFar(far).equals(figure))
        .mapToLong(far -> Math.round(1 / far))
        .findFirst()
        .orElse(1);
  }

  private static String tarAtFar(double far) {
    return EvalFigure.TAR_AT_FAR.at(TarAtFar.key(far));
  }

  /**
   * Embeds a set and runs its protocol: pairs by {@link Verification}, labelled images by {@link
   * AllPairs}, {@link Identification} and {@link Retrieval}.
   *
   * @throws IllegalArgumentException if the set cannot be read, does not fit the embedder or holds
   *     nothing to compare, or if an embedding is not finite
   */
  public EvalResult evaluate(EvaluateConfig config, ImageEmbedder network) {
    long start = System.nanoTime();
    ImageEmbedder embedder = config.flip() ? new MirrorSum(network) : network;
    String name = config.resultName();
    return config.ofPairs()
        ? pairs(name, config, embedder, start)
        : labelled(name, config, embedder, start);
  }

  private EvalResult pairs(String name, EvaluateConfig config, ImageEmbedder embedder, long start) {
    VerificationSet set =
        pairSets.computeIfAbsent(key(config), key -> open.add(EvaluationSets.pairs(config)));
    int dim = embedder.dim();
    float[] rows =
        EmbeddingPass.embed(
            embedder,
            set.images(),
            (image, out, offset) -> set.decode(image, embedder.shape(), out, offset),
            BATCH,
            workers);
    for (int row = 0; row < set.images(); row++) {
      ArrayEmbeddings.normalise(rows, row * dim, dim, row);
    }
    Verification verification = Verification.of(rows, dim, set::same);
    SimilarityHistogram scores = new SimilarityHistogram(-2);
    double[] distances = Verification.distances(rows, dim);
    for (int pair = 0; pair < distances.length; pair++) {
      scores.add((float) (1 - distances[pair] / 2), set.same(pair));
    }
    boolean both = scores.genuinePairs() > 0 && scores.impostorPairs() > 0;
    return new EvalResult(
        name,
        set.images(),
        0,
        verification.accuracyMean(),
        verification.accuracyStd(),
        verification.tarMean() == null
            ? Map.of()
            : Map.of(TarAtFar.key(Verification.TARGET_FAR), verification.tarMean()),
        Map.of(),
        Map.of(),
        null,
        null,
        both ? new RocFromHistogram(scores).points() : List.of(),
        both ? scores.coarse(null) : null,
        List.of(),
        List.of(),
        List.of(),
        config.flip(),
        seconds(start),
        notes(set, verification));
  }

  private static List<String> notes(VerificationSet set, Verification verification) {
    List<String> notes = new ArrayList<>();
    EvaluationSets.note(set).ifPresent(notes::add);
    List<Integer> without = verification.foldsWithoutTar();
    if (!without.isEmpty() && verification.tarMean() == null) {
      notes.add("TAR is not defined: pairs of one kind only, or all of a kind in one fold");
    } else if (!without.isEmpty()) {
      notes.add(
          "TAR leaves out folds "
              + without.stream().map(String::valueOf).collect(Collectors.joining(", "))
              + " of 10, which have no genuine pair or all impostor pairs; a list sorted by kind"
              + " should be shuffled");
    }
    return List.copyOf(notes);
  }

  private EvalResult labelled(
      String name, EvaluateConfig config, ImageEmbedder embedder, long start) {
    Dataset set = dataset(config);
    Embeddings embeddings = embed(set, embedder, workers);
    LeaveOneOut sweep = LeaveOneOut.of(embeddings);
    AllPairs allPairs = sweep.allPairs();
    Retrieval retrieval = sweep.retrieval();
    Identification identification = sweep.identification().result();
    Map<String, Double> tarAtFar = new LinkedHashMap<>();
    Map<String, Double> thresholds = new LinkedHashMap<>();
    for (TarAtFar rate : allPairs.tarAtFar()) {
      tarAtFar.put(rate.key(), rate.tar());
      thresholds.put(rate.key(), rate.threshold());
    }
    return new EvalResult(
        name,
        set.images(),
        set.identities(),
        null,
        null,
        tarAtFar,
        thresholds,
        identification.rankN(),
        retrieval == null ? null : retrieval.rPrecision(),
        retrieval == null ? null : retrieval.mapAtR(),
        allPairs.roc(),
        allPairs.scores(),
        identification.cmc(),
        groups(config.strata(), set, embeddings, sweep),
        identification.neighbours(),
        config.flip(),
        seconds(start),
        notes(config, set, retrieval));
  }

  private List<String> notes(EvaluateConfig config, Dataset set, Retrieval retrieval) {
    List<String> notes = new ArrayList<>();
    EvaluationSets.note(set).ifPresent(notes::add);
    if (retrieval == null) {
      notes.add("R-precision and MAP@R are left out: its identities are too large");
    }
    if (config.strata() == EvaluateConfig.Strata.training) {
      TrainingCounts.doubt(training).ifPresent(notes::add);
    }
    return List.copyOf(notes);
  }

  private List<IdentityGroup> groups(
      EvaluateConfig.Strata strata, Dataset set, Embeddings embeddings, LeaveOneOut sweep) {
    if (strata == EvaluateConfig.Strata.none) {
      return List.of();
    }
    boolean own = strata == EvaluateConfig.Strata.own;
    if (!own && training == null) {
      throw new IllegalStateException("strata need the training set");
    }
    ByIdentity counts =
        ByIdentity.count(embeddings, sweep.allPairs().tarAtFar(), sweep.identification());
    List<IdentityGroup> groups = new ArrayList<>(List.of(counts.all()));
    groups.addAll(counts.strata(own ? set::imageCount : TrainingCounts.of(training, set)));
    return groups;
  }

  /**
   * Embeds all images of a set, in its order.
   *
   * @return unit rows labelled with their identities
   */
  public static ArrayEmbeddings embed(Dataset set, ImageEmbedder embedder) {
    return embed(set, embedder, allCores());
  }

  private static ArrayEmbeddings embed(Dataset set, ImageEmbedder embedder, int workers) {
    int images = images(set);
    long[] labels = new long[images];
    for (int image = 0; image < images; image++) {
      labels[image] = set.identityOf(image);
    }
    return ArrayEmbeddings.normalising(features(set, embedder, workers), embedder.dim(), labels);
  }

  /** The images of a set, where rows are numbered by integers. */
  static int images(Dataset set) {
    if (set.images() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          set.name() + ": " + set.images() + " images exceed the 2^31 that one evaluation takes");
    }
    return (int) set.images();
  }

  /** Decodes all images of a set on all cores and hands them on by batches. */
  static void eachBatch(Dataset set, ImageEmbedder embedder, EmbeddingPass.Batches sink) {
    EmbeddingPass.each(
        embedder,
        images(set),
        (image, out, offset) -> set.decode(image, embedder.shape(), out, offset),
        BATCH,
        allCores(),
        sink);
  }

  /**
   * Features of all images of a set as the network gives them, in its order.
   *
   * @return f32 [images, dim]
   */
  public static float[] features(Dataset set, ImageEmbedder embedder) {
    return features(set, embedder, allCores());
  }

  private static float[] features(Dataset set, ImageEmbedder embedder, int workers) {
    return EmbeddingPass.embed(
        embedder,
        Math.toIntExact(set.images()),
        (image, out, offset) -> set.decode(image, embedder.shape(), out, offset),
        BATCH,
        workers);
  }

  private Dataset dataset(EvaluateConfig config) {
    return datasets.computeIfAbsent(key(config), key -> open.add(EvaluationSets.labelled(config)));
  }

  private static String key(EvaluateConfig config) {
    return config.format() + " " + config.images() + " " + config.path();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public void close() {
    datasets.clear();
    pairSets.clear();
    open.close();
  }
}
