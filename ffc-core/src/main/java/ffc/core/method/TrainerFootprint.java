package ffc.core.method;

import ffc.core.net.ModelConfig;
import ffc.core.net.NetworkSize;
import ffc.core.optim.OptimizerConfig;
import ffc.loaders.data.DataConfig;
import ffc.loaders.format.DataFormats;
import ffc.loaders.remote.Blocks;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Predicted memory of one trainer: that of its method and what every method needs. The constants
 * were measured on the CPU, see {@code docs/benchmarks/memory.md}.
 */
public final class TrainerFootprint {
  /** Code, engine, young heap and buffers of a process that has nothing to do yet. */
  static final long PROCESS = 165_000_000;

  /** More heap, embeddings and histograms where sets of some ten thousand images are judged. */
  static final long EVALUATION = 130_000_000;

  /** Values of gradients that are on the heap at a time, unless a single array has more. */
  public static final int EXCHANGED_AT_ONCE = 1 << 22;

  private TrainerFootprint() {}

  /**
   * All parts, in the order of tables.
   *
   * @param method parts of the method
   * @param size of the probe
   * @param evaluates whether the run judges sets
   * @param trainers that tell each other gradients or networks
   * @param syncEvery steps between averages of their networks, 1 = gradients are added up
   */
  public static Footprint of(
      Footprint method,
      NetworkSize size,
      ModelConfig model,
      DataConfig data,
      OptimizerConfig optimizer,
      RunConfig run,
      boolean evaluates,
      int trainers,
      int syncEvery) {
    boolean adam = optimizer.type() == OptimizerConfig.Type.adamw;
    int pairs = Math.max(1, data.pairsPerBatch() / run.accumulate());
    Map<String, Long> parts = new LinkedHashMap<>(method.parts());
    parts.put("probe", 4 * size.weights());
    parts.put("probe_gradient_and_momentum", (adam ? 12 : 8) * size.weights());
    if (run.ema() != null) {
      parts.put("ema", 4 * size.weights());
    }
    parts.put("activations", size.activationBytes(pairs));
    parts.put("batches", 2L * data.pairsPerBatch() * model.shape().bytes() * (data.prefetch() + 2));
    if (trainers > 1) {
      parts.put("exchange_buffer", 4 * Math.min(size.weights(), EXCHANGED_AT_ONCE));
      if (syncEvery > 1) { // what an average that is cut short goes back to
        long optimiser = (adam ? 8 : 4) * size.weights();
        parts.put(
            "averaging_copy",
            4 * size.weights()
                + optimiser
                + parts.getOrDefault("gallery", 0L)
                + parts.getOrDefault("ema", 0L));
      }
    }
    if (data.cacheBytes() > 0) {
      parts.put("record_cache", data.cacheBytes());
    }
    if (data.train() != null) { // a program may hand its images to the trainer itself
      if (DataFormats.isRemote(data.train())) {
        parts.put("remote_blocks", Blocks.mostBytes());
      }
      long pages = DataFormats.of(data.train().format()).pageBytes(data.train());
      if (pages > 0) {
        parts.put("unpacked_pages", pages);
      }
    }
    if (evaluates) {
      parts.put("evaluation", EVALUATION);
    }
    parts.put("process", PROCESS);
    return new Footprint(parts, method.host())
        .withHost(
            "batches",
            "exchange_buffer",
            "record_cache",
            "remote_blocks",
            "unpacked_pages",
            "evaluation",
            "process");
  }
}
