package ffc.core.train;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.method.Method;
import ffc.core.net.Encoder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Weights;
import ffc.core.optim.Optimizer;
import ffc.eval.EvaluateConfig;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a checkpoint holds of a trainer: the probe, its average, the optimiser's state, the
 * method's, and the plain numbers of {@link TrainerState}. Owns nothing.
 *
 * @param average of {@code run.ema}, or null
 * @param manager on the device of the networks
 */
record TrainerContent(
    Encoder probe,
    MomentumEncoder average,
    Optimizer optimizer,
    Method method,
    Dataset dataset,
    NDManager manager) {
  private static final String AVERAGE = EvaluateConfig.Net.ema.name();

  /** Writes all of it; a call of all trainers if the method is sharded. */
  void save(CheckpointWriter out, TrainerState at) throws IOException {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      out.tensors("probe", probe.parameters().all());
      if (average != null) {
        out.tensors(AVERAGE, average.encoder().parameters().all());
      }
      optimizer.save(out);
      method.save(out);
    }
    at.save(out);
  }

  /**
   * Restores all of it; a call of all trainers if the method is sharded. An average that the
   * checkpoint does not have begins with its probe.
   *
   * @return the numbers
   * @throws IllegalArgumentException if it is of another data set or structure, or damaged
   */
  TrainerState load(CheckpointReader in) throws IOException {
    TrainerState state = TrainerState.load(in);
    if (!state.data().equals(dataset.fingerprint())) {
      throw new IllegalArgumentException(
          in.folder()
              + ": the run was trained on data with fingerprint "
              + state.data()
              + ", data.train has "
              + dataset.fingerprint()
              + "; start a new run, or point data.train at the old data");
    }
    Weights.load(probe.parameters(), in, "probe");
    if (average != null && in.has(AVERAGE + ".safetensors")) {
      Weights.load(average.encoder().parameters(), in, AVERAGE);
    } else if (average != null) {
      average.encoder().parameters().copyFrom(probe.parameters());
    }
    optimizer.load(in);
    method.load(in);
    return state;
  }

  /** Checksums of all arrays by network and name, and those that the method adds. */
  Map<String, Long> hashes() {
    Map<String, Long> hashes = new LinkedHashMap<>();
    put(hashes, "probe", probe.parameters().hashes());
    if (average != null) {
      put(hashes, AVERAGE, average.encoder().parameters().hashes());
    }
    if (method.gallery() != null) {
      put(hashes, "gallery", method.gallery().parameters().hashes());
    }
    put(hashes, "method", method.hashes());
    return hashes;
  }

  private static void put(Map<String, Long> hashes, String of, Map<String, Long> more) {
    more.forEach((name, hash) -> hashes.put(of + "." + name, hash));
  }
}
