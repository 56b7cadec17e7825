package ffc.runs.search;

import ffc.eval.EvaluateConfig;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.ImageEmbedder;
import ffc.eval.gallery.ExactSearch;
import ffc.eval.gallery.Gallery;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.image.Fit;
import ffc.loaders.photos.PhotoReader;
import ffc.runs.record.JsonLines;
import ffc.runs.report.ImagePng;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Queries against a gallery, with a network of a run. */
public final class Search {
  private static final int BATCH = 64;

  /**
   * Pictures that are asked about, decoded.
   *
   * @param files as they were typed
   * @param bytes of the files
   * @param pixels u8 [files, channels, height, width], direct
   */
  public record Queries(List<Path> files, List<byte[]> bytes, ByteBuffer pixels) {
    /**
     * Reads pictures of any size.
     *
     * @throws BadDataException if one cannot be read
     */
    public static Queries read(List<Path> files, Fit fit, ImageShape shape) {
      ByteBuffer pixels =
          ByteBuffer.allocateDirect(Math.multiplyExact(files.size(), shape.bytes()));
      List<byte[]> bytes = new ArrayList<>();
      for (int i = 0; i < files.size(); i++) {
        bytes.add(PhotoReader.read(files.get(i), fit, shape, pixels, i * shape.bytes()));
      }
      return new Queries(List.copyOf(files), bytes, pixels);
    }
  }

  /**
   * How to search.
   *
   * @param top images for each query
   * @param oneEach only the best image of each identity
   * @param threads of the search
   */
  public record Options(int top, boolean oneEach, int threads) {}

  private Search() {}

  /**
   * What the embeddings of a checkpoint depend on, as a text.
   *
   * @param checkpoints of several the network is the mean
   * @param structure of the network
   * @param flip whether mirrored embeddings are added
   */
  public static String network(
      List<Path> checkpoints, EvaluateConfig.Net net, String structure, boolean flip)
      throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] piece = new byte[1 << 16];
      for (Path checkpoint : checkpoints) {
        try (InputStream in = Files.newInputStream(checkpoint.resolve(net + ".safetensors"))) {
          for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            digest.update(piece, 0, n);
          }
        }
      }
      return HexFormat.of().formatHex(digest.digest()) + " " + structure + " flip " + flip;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /**
   * The meaning of scores from the evaluations of a run.
   *
   * @param checkpoint that is searched with
   */
  public static Optional<ScoreMeaning> meaning(
      Path run, Path checkpoint, EvaluateConfig.Net net, boolean flip) throws IOException {
    return ScoreMeaning.of(
        JsonLines.read(run.resolve("evaluations.jsonl")), net, flip, step(checkpoint));
  }

  private static long step(Path checkpoint) throws IOException {
    Path state = checkpoint.resolve("state.properties");
    return Files.notExists(state)
        ? 0
        : Files.readAllLines(state).stream()
            .filter(line -> line.matches("step=[0-9]{1,18}"))
            .mapToLong(line -> Long.parseLong(line.substring("step=".length())))
            .findFirst()
            .orElse(0);
  }

  /**
   * Answers all queries.
   *
   * @throws BadDataException if an image of the gallery that is shown cannot be read any more
   */
  public static List<Answer> answers(
      Queries queries,
      Gallery gallery,
      Dataset data,
      ImageEmbedder embedder,
      Options options,
      Progress progress) {
    int dim = embedder.dim();
    int count = queries.files().size();
    ImageShape shape = embedder.shape();
    float[] asked = new float[Math.multiplyExact(count, dim)];
    for (int from = 0; from < count; from += BATCH) {
      int size = Math.min(BATCH, count - from);
      ByteBuffer batch = queries.pixels().slice(from * shape.bytes(), size * shape.bytes());
      embedder.embed(batch, size, asked, from * dim);
    }
    for (int i = 0; i < count; i++) {
      ArrayEmbeddings.normalise(asked, i * dim, dim, i);
    }
    progress.report("searching", 0, count);
    List<List<ExactSearch.Hit>> hits =
        new ExactSearch(gallery.rows(), options.top(), options.oneEach())
            .search(asked, options.threads());
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] file = queries.bytes().get(i);
      List<Answer.Found> found = new ArrayList<>();
      for (ExactSearch.Hit hit : hits.get(i)) {
        found.add(
            new Answer.Found(
                hit.image(),
                data.identityName(data.identityOf(hit.image())),
                data.describe(hit.image()),
                hit.score(),
                gallery.holds(hit.image(), file)));
      }
      ByteBuffer pixels = queries.pixels().slice(i * shape.bytes(), shape.bytes());
      answers.add(new Answer(queries.files().get(i), ImagePng.of(pixels, shape), found));
    }
    return answers;
  }
}
