package ffc.runs.search;

import java.nio.file.Path;
import java.util.List;

/**
 * What was found for one query.
 *
 * @param query its file
 * @param png the query as the network sees it
 * @param found the most similar images, the best first
 */
public record Answer(Path query, byte[] png, List<Found> found) {
  /**
   * An image of the gallery.
   *
   * @param image its number
   * @param identity name of its identity
   * @param place where it lies
   * @param score cosine with the query
   * @param same whether it has the bytes of the query
   */
  public record Found(long image, String identity, String place, float score, boolean same) {}
}
