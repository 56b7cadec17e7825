package example;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginHead;
import ffc.core.loss.NormFace;
import ffc.core.method.DevicePair;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.MethodProvider;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The N-pair loss (Sohn 2016): each image of one side is to find its partner among all images of the
 * other side. No classifier, no memory: what is learnt from is the batch.
 */
public final class NPair implements Method {
  // b pairs of a slice, E embedding

  private final Encoder probe;
  private final StepProfile profile;
  private final MarginHead head;
  private final Footprint footprint;

  NPair(NPairConfig config, MethodContext context) {
    this.probe = context.probe();
    this.profile = context.profile();
    this.head = MarginHead.of(new NormFace.Config(config.scale()));
    this.footprint = config.footprint(context.sizes());
  }

  /** Names the method to the program: see {@code META-INF/services}. */
  public static final class Provider implements MethodProvider<NPairConfig> {
    @Override
    public String type() {
      return "n-pair";
    }

    @Override
    public Class<NPairConfig> config() {
      return NPairConfig.class;
    }

    @Override
    public Method create(NPairConfig config, MethodContext context) {
      return new NPair(config, context);
    }

    @Override
    public List<NPairConfig> variants() {
      return List.of(NPairConfig.standard());
    }
  }

  @Override
  public Losses accumulate(DevicePair pair) {
    try (Losses.Sum losses = new Losses.Sum()) {
      JointForward.run(
          probe,
          pair,
          profile,
          (unit, slice) -> {
            int b = slice.ids().length / 2; // x above y
            NDManager manager = unit.getManager();
            MarginHead.Part part =
                head.softmax(
                    unit.get("0:" + b),
                    unit.get(b + ":" + 2 * b),
                    manager.arange(0, b, 1, DataType.INT64),
                    samePerson(manager, Arrays.copyOf(slice.ids(), b)),
                    pair.size(),
                    true);
            losses.add("n_pair", part.value());
            return part.embeddingGradient().concat(part.weightGradient());
          });
      return losses.toLosses();
    }
  }

  /** True where another pair of the batch is of the same identity: it is no negative. */
  private static NDArray samePerson(NDManager manager, long[] ids) {
    int b = ids.length;
    boolean[] same = new boolean[b * b];
    for (int i = 0; i < b; i++) {
      for (int j = 0; j < b; j++) {
        same[i * b + j] = i != j && ids[i] == ids[j];
      }
    }
    return manager.create(same).reshape(b, b);
  }

  @Override
  public void update(double learningRate) {} // nothing but the probe moves

  @Override
  public Map<String, Double> statistics() {
    return Map.of();
  }

  @Override
  public Encoder gallery() {
    return null;
  }

  @Override
  public Footprint footprint() {
    return footprint;
  }

  @Override
  public void save(CheckpointWriter out) {}

  @Override
  public void load(CheckpointReader in) {}

  @Override
  public void close() {}
}
