package ffc.core.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointInput;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.net.Parameters;
import ffc.engine.NativeOps;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019) by PyTorch's rule: p ← p (1 − lr
 * wd), then p ← p − lr m̂ / (√v̂ + ε) with both moments corrected for their start at zero.
 */
public final class AdamW extends Optimizer {
  private static final String UPDATES = "optimizer-updates.bin";

  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final Map<String, NDArray> first;
  private final Map<String, NDArray> second;
  private long updates;

  /** Updates of the weights that were frozen at first: their moments are younger. */
  private long lateUpdates;

  AdamW(OptimizerConfig config, Parameters parameters, NDManager parent) {
    super(config, parameters, parent);
    beta1 = config.betas().get(0);
    beta2 = config.betas().get(1);
    epsilon = config.epsilon();
    first = state();
    second = state();
  }

  @Override
  public void step(double learningRate, double gradientFactor) {
    updates++;
    lateUpdates += lateOnesMove() ? 1 : 0;
    Map<String, NDArray> gradients = gradients();
    groups()
        .forEach(
            (group, names) ->
                NativeOps.adamw(
                    list(weights(), names),
                    list(gradients, names),
                    list(first, names),
                    list(second, names),
                    learningRate * group.rate(),
                    beta1,
                    beta2,
                    epsilon,
                    group.decay(),
                    group.late() ? lateUpdates : updates,
                    gradientFactor));
  }

  private boolean lateOnesMove() {
    return groups().keySet().stream().anyMatch(Group::late);
  }

  @Override
  public void takeBack() {
    updates--;
    lateUpdates -= lateOnesMove() ? 1 : 0;
  }

  @Override
  public NDList stateList() {
    return list(first).addAll(list(second));
  }

  @Override
  public void save(CheckpointWriter out) throws IOException {
    out.tensors("optimizer-first", first);
    out.tensors("optimizer-second", second);
    try (DataOutputStream file = out.file(UPDATES, 2)) {
      file.writeLong(updates);
      file.writeLong(lateUpdates);
    }
  }

  @Override
  public void load(CheckpointReader in) throws IOException {
    try (NDManager temporary = manager.newSubManager()) {
      restore(first, in.tensors("optimizer-first", temporary), in.folder() + "/optimizer-first");
      restore(second, in.tensors("optimizer-second", temporary), in.folder() + "/optimizer-second");
    }
    try (CheckpointInput file = in.file(UPDATES, 2)) {
      updates = file.readLong();
      lateUpdates = file.version() < 2 ? 0 : file.readLong();
      if (updates < 0 || lateUpdates < 0 || lateUpdates > updates) {
        throw file.bad(updates + " updates, " + lateUpdates + " of weights frozen at first");
      }
      file.expectEnd();
    }
  }
}
