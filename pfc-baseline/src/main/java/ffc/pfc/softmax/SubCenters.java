package ffc.pfc.softmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ffc.engine.HostReads;
import ffc.engine.Upload;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.SampledClasses;
import java.util.stream.LongStream;

/**
 * Several centres a class (Sub-center ArcFace, Deng et al., ECCV 2020): the cosine of a sample to a
 * class is the largest of those to its centres. The closest centre stands for the class, as target
 * and as negative; the others are left out of the sum and get no gradient. Two centres that are
 * equally close to the last bit both count.
 */
final class SubCenters {
  // B samples, E embedding, k centres of a class, m columns of a block

  private SubCenters() {}

  /** The centre of its class that each sample is closest to; the class itself if it has one. */
  static long[] closest(Samples samples, ClassCenters centers, SampledClasses sampled) {
    int k = sampled.perClass();
    if (k == 1) {
      return samples.ids();
    }
    NDArray unitBE = samples.unitBE();
    NDManager manager = unitBE.getManager();
    int b = samples.count();
    long[] ids = samples.ids();
    SampledClasses own = SampledClasses.of(LongStream.of(ids).sorted().distinct().toArray());
    SampledClasses ofOwn = own.centers(k);
    NDArray unitNE = centers.unit(ofOwn, 0, ofOwn.count(), manager);
    long[] rows = new long[b * k];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (long) own.column(ids[i / k]) * k + i % k;
    }
    NDArray ownBkE = unitNE.get(Upload.to(manager, rows)).reshape(b, k, -1);
    NDArray cosBk = ownBkE.mul(unitBE.reshape(b, 1, -1)).sum(new int[] {2});
    long[] closest = HostReads.longs(cosBk.argMax(1).toType(DataType.INT64, false));
    for (int i = 0; i < b; i++) {
      closest[i] += ids[i] * k;
    }
    return closest;
  }

  /**
   * 1 where a centre is the closest of its class to a sample, else 0.
   *
   * @param valuesMB cosines or their multiples, f32 [m, B], those of a class side by side
   */
  static NDArray closestOfClass(NDArray valuesMB, int k) {
    long m = valuesMB.getShape().get(0);
    long b = valuesMB.getShape().get(1);
    NDArray byClass = valuesMB.reshape(m / k, k, b);
    NDArray largest = byClass.max(new int[] {1}, true);
    return byClass.gte(largest).toType(DataType.FLOAT32, false).reshape(m, b);
  }
}
