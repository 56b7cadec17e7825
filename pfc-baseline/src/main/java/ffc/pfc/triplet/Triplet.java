package ffc.pfc.triplet;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.loss.Losses;
import ffc.core.method.DevicePair;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.engine.HostReads;
import ffc.engine.NativeOps;
import ffc.engine.Upload;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Metric learning by triplets mined in the batch (FaceNet): no classifier at all. The dual batch
 * gives every sample at least one positive where its row is a pair of one identity.
 */
public final class Triplet implements Method {
  // b images of a slice and side, E embedding

  private final TripletConfig config;
  private final Encoder probe;
  private final StepProfile profile;
  private final Footprint footprint;
  private long pairs;
  private long active;

  /** Builds the method. */
  public Triplet(TripletConfig config, MethodContext context) {
    this.config = config;
    this.probe = context.probe();
    this.profile = context.profile();
    int images = 2 * context.data().pairsPerBatch() / context.run().accumulate();
    this.footprint = JointForward.withSecondSide(footprint(images), probe, images);
  }

  @Override
  public Losses accumulate(DevicePair pair) {
    try (Losses.Sum losses = new Losses.Sum()) {
      JointForward.run(
          probe,
          pair,
          profile,
          (unitBE, slice) -> {
            int n = slice.ids().length;
            SemiHardTriplets.Result result =
                SemiHardTriplets.of(
                    HostReads.floats(NativeOps.product(unitBE, unitBE)),
                    slice.ids(),
                    config.margin(),
                    slice.share());
            losses.add("triplet", result.loss());
            pairs += result.pairs();
            active += result.active();
            NDArray gradientBB =
                Upload.to(unitBE.getManager(), result.cosineGradient(), new Shape(n, n));
            // cos_ij = u_i·u_j moves with both.
            return NativeOps.product(gradientBB.add(gradientBB.transpose()), unitBE.transpose());
          });
      return losses.toLosses();
    }
  }

  @Override
  public void update(double learningRate) {}

  @Override
  public Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>();
    if (pairs > 0) {
      figures.put("active_triplets", (double) active / pairs);
    }
    pairs = 0;
    active = 0;
    return figures;
  }

  @Override
  public Encoder gallery() {
    return null;
  }

  @Override
  public Footprint footprint() {
    return footprint;
  }

  /** Predicted bytes: the cosines of the batch and their gradient. */
  public static Footprint footprint(int images) {
    return new Footprint(Map.of("logits", 4L * 5 * images * images));
  }

  @Override
  public void save(CheckpointWriter out) {}

  @Override
  public void load(CheckpointReader in) {}

  @Override
  public void close() {}
}
