package ffc.eval.pairs;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.ScoreRoc;
import ffc.loaders.table.TextLines;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The template protocol of IJB-B and IJB-C: which image belongs to which template and media, as in
 * the lines {@code image template media} of {@code ijbc_face_tid_mid.txt}.
 *
 * @param names image names
 * @param template template of each image
 * @param media media of each image; frames of one video share it
 */
public record Templates(String[] names, int[] template, int[] media) {
  /** What goes into a template's feature; changes the figures, so it is printed with them. */
  public record Flags(boolean flip, boolean detectorScore, boolean normaliseImages) {
    @Override
    public String toString() {
      return "flip="
          + flip
          + " detectorScore="
          + detectorScore
          + " normaliseImages="
          + normaliseImages;
    }
  }

  /**
   * Pairs of templates with their answer.
   *
   * @param first template of each pair
   * @param second other template
   * @param same whether they are of one identity
   */
  public record Pairs(int[] first, int[] second, boolean[] same) {
    /**
     * Reads lines {@code template template 0|1}.
     *
     * @throws IllegalArgumentException if the file cannot be read, with the line at fault
     */
    public static Pairs read(Path file) {
      int[][] columns = integers(file, "template template 0|1", 0, 1, 2);
      boolean[] same = new boolean[columns[2].length];
      for (int i = 0; i < same.length; i++) {
        if (columns[2][i] != 0 && columns[2][i] != 1) {
          throw new IllegalArgumentException(
              file + ": line " + (i + 1) + ": got answer " + columns[2][i] + ", wanted 0 or 1");
        }
        same[i] = columns[2][i] == 1;
      }
      return new Pairs(columns[0], columns[1], same);
    }
  }

  /**
   * Reads lines {@code image template media}.
   *
   * @throws IllegalArgumentException if the file cannot be read, with the line at fault
   */
  public static Templates read(Path file) {
    int[][] columns = integers(file, "image template media", 1, 2);
    String[] names =
        TextLines.all(file).stream()
            .map(line -> line.trim().split("\\s+")[0])
            .toArray(String[]::new);
    return new Templates(names, columns[0], columns[1]);
  }

  /**
   * Template features: images may be brought to unit length, weighted by their detector score, then
   * averaged within a media, summed over the media of a template and brought to unit length.
   *
   * @param features f32 [images, dim], flipped features already added; changed
   * @param detectorScores score of each image, or null if the flag is off
   * @return unit rows labelled with their template, templates rising
   */
  public ArrayEmbeddings pool(float[] features, int dim, float[] detectorScores, Flags flags) {
    if (features.length != (long) template.length * dim
        || flags.detectorScore()
            && (detectorScores == null || detectorScores.length != template.length)) {
      throw new IllegalArgumentException(
          "templates: got "
              + features.length / dim
              + " features and "
              + (detectorScores == null ? 0 : detectorScores.length)
              + " detector scores, wanted "
              + template.length
              + " images'");
    }
    Map<Long, Integer> mediaSizes = new HashMap<>();
    for (int i = 0; i < template.length; i++) {
      mediaSizes.merge(key(i), 1, Integer::sum);
    }
    int[] ids = Arrays.stream(template).distinct().sorted().toArray();
    Map<Integer, Integer> rowOf = new HashMap<>();
    for (int id : ids) {
      rowOf.put(id, rowOf.size());
    }
    double[] sums = new double[Math.multiplyExact(ids.length, dim)];
    for (int i = 0; i < template.length; i++) {
      if (flags.normaliseImages()) {
        ArrayEmbeddings.normalise(features, i * dim, dim, i);
      }
      double weight = (flags.detectorScore() ? detectorScores[i] : 1.0) / mediaSizes.get(key(i));
      int row = rowOf.get(template[i]) * dim;
      for (int k = 0; k < dim; k++) {
        sums[row + k] += weight * features[i * dim + k];
      }
    }
    float[] pooled = new float[sums.length];
    for (int i = 0; i < sums.length; i++) {
      pooled[i] = (float) sums[i];
    }
    return ArrayEmbeddings.normalising(pooled, dim, Arrays.stream(ids).asLongStream().toArray());
  }

  /**
   * Judges pairs of templates.
   *
   * @param templates as {@link #pool} gives them
   * @return true accept rate at the false accept rate nearest to 1e-6 … 1e-1, keys such as {@code
   *     1e-4}, with its 95 % bootstrap interval over identities: templates that pairs say to be of
   *     one identity, directly or through others
   * @throws IllegalArgumentException if a pair names an unknown template
   */
  public static Map<String, IdentityGroup.Share> verify(Embeddings templates, Pairs pairs) {
    Map<Long, Integer> rowOf = new HashMap<>();
    for (int i = 0; i < templates.size(); i++) {
      rowOf.put(templates.label(i), i);
    }
    int dim = templates.dim();
    float[] rows = new float[2 * dim];
    float[] scores = new float[pairs.same().length];
    for (int i = 0; i < scores.length; i++) {
      templates.read(row(rowOf, pairs.first()[i], i), 1, rows, 0);
      templates.read(row(rowOf, pairs.second()[i], i), 1, rows, dim);
      scores[i] = (float) InnerProduct.exact(rows, 0, rows, dim, dim);
    }
    ScoreRoc roc = ScoreRoc.of(scores, pairs.same());
    Map<String, IdentityGroup.Share> rates = new LinkedHashMap<>();
    GenuinePairs genuine = GenuinePairs.of(pairs, scores);
    for (int exponent = 6; exponent >= 1; exponent--) {
      rates.put(
          "1e-" + exponent, genuine.share(roc.tarNearest(Double.parseDouble("1e-" + exponent))));
    }
    return rates;
  }

  private static int row(Map<Long, Integer> rowOf, int template, int pair) {
    Integer row = rowOf.get((long) template);
    if (row == null) {
      throw new IllegalArgumentException(
          "template pairs: line " + (pair + 1) + ": got template " + template + " without images");
    }
    return row;
  }

  private long key(int image) {
    return (long) template[image] << 32 | media[image] & 0xffffffffL;
  }

  private static int[][] integers(Path file, String form, int... columns) {
    String[] all = TextLines.all(file).toArray(String[]::new);
    int[][] values = new int[columns.length][all.length];
    for (int i = 0; i < all.length; i++) {
      String[] fields = all[i].trim().split("\\s+");
      for (int c = 0; c < columns.length; c++) {
        try {
          values[c][i] = Integer.parseInt(fields[columns[c]]);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
          throw new IllegalArgumentException(
              file + ": line " + (i + 1) + ": got '" + all[i] + "', wanted '" + form + "'", e);
        }
      }
    }
    return values;
  }
}
