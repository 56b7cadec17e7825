package ffc.eval.cluster;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.Means;

/** How alike the images of each cluster are. */
public final class Cohesion {
  private Cohesion() {}

  /**
   * The mean cosine of two images of a cluster, over all its pairs, for each cluster; 1 for a
   * cluster of one image.
   *
   * @param images unit rows
   */
  public static double[] of(Embeddings images, Clustering clustering) {
    Means means =
        Means.plain(
            images, clustering.members(), clustering.starts(), new long[clustering.count()]);
    double[] cohesion = new double[clustering.count()];
    float[] mean = new float[images.dim()];
    for (int cluster = 0; cluster < cohesion.length; cluster++) {
      double size = clustering.size(cluster);
      means.read(cluster, 1, mean, 0);
      // The square of the sum has all pairs twice, and each image with itself.
      double square = InnerProduct.exact(mean, 0, mean, 0, mean.length) * size;
      cohesion[cluster] = size == 1 ? 1 : (square - 1) / (size - 1);
    }
    return cohesion;
  }
}
