package ffc.core.method;

import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.optim.OptimizerConfig;
import ffc.exchange.GroupExchange;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.util.function.LongSupplier;

/**
 * What a method is built from.
 *
 * @param probe the network it trains; owned by the trainer
 * @param model how to build another network of the same structure
 * @param data how batches are drawn
 * @param dataset the training set, for its number of identities
 * @param optimizer settings of the probe's optimiser, shared by trained class centres
 * @param run precision and number of slices a step
 * @param seed of the experiment
 * @param exchange what the trainers exchange in a step
 * @param step steps completed, dropped ones included; the number of the exchange of the next one
 * @param profile booked by the method: gallery, group, forward, head, backward, update
 */
public record MethodContext(
    Encoder probe,
    ModelConfig model,
    DataConfig data,
    Dataset dataset,
    OptimizerConfig optimizer,
    RunConfig run,
    long seed,
    GroupExchange exchange,
    LongSupplier step,
    StepProfile profile) {

  /** What the footprint of the method depends on. */
  public StepSizes sizes() {
    return new StepSizes(
        probe.size(),
        probe.embedding(),
        data.pairsPerBatch(),
        run.accumulate(),
        dataset.identities(),
        exchange.trainers(),
        probe.parameters().weightList().head().getDevice().isGpu(),
        optimizer);
  }

  /** Builds a method. */
  @FunctionalInterface
  public interface Factory {
    Method create(MethodContext context);
  }
}
