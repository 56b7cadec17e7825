package ffc.core.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.net.Parameters;
import ffc.engine.NativeOps;
import java.io.IOException;
import java.util.Map;

/**
 * Stochastic gradient descent by PyTorch's rule: d = g + wd p; v ← μ v + d; p ← p − lr (d + μ v)
 * with Nesterov momentum, p ← p − lr v without. The rate is not folded into the momentum, so a drop
 * of the rate acts at once.
 */
public final class Sgd extends Optimizer {
  private final double momentum;
  private final boolean nesterov;
  private final Map<String, NDArray> velocity;

  Sgd(OptimizerConfig config, Parameters parameters, NDManager parent) {
    super(config, parameters, parent);
    momentum = config.momentum();
    nesterov = config.nesterov();
    velocity = momentum == 0 ? Map.of() : state();
  }

  @Override
  public void step(double learningRate, double gradientFactor) {
    Map<String, NDArray> gradients = gradients();
    groups()
        .forEach(
            (group, names) ->
                NativeOps.sgd(
                    list(weights(), names),
                    list(gradients, names),
                    list(velocity, names),
                    learningRate * group.rate(),
                    momentum,
                    nesterov,
                    group.decay(),
                    gradientFactor));
  }

  @Override
  public NDList stateList() {
    return list(velocity);
  }

  @Override
  public void save(CheckpointWriter out) throws IOException {
    out.tensors("optimizer", velocity);
  }

  @Override
  public void load(CheckpointReader in) throws IOException {
    try (NDManager temporary = manager.newSubManager()) {
      restore(velocity, in.tensors("optimizer", temporary), in.folder() + "/optimizer");
    }
  }
}
