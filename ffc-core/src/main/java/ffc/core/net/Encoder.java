package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ffc.core.loss.MarginHead;
import ffc.engine.Closer;
import ffc.loaders.data.ImageShape;
import java.util.Map;

/** A backbone on a device, and the way from its features to unit embeddings. Owns its arrays. */
public final class Encoder implements AutoCloseable {
  // B images, E embedding

  private final Backbone backbone;
  private final ModelConfig model;
  private final BatchNorm batchNorm;
  private final Precision precision;
  private boolean recomputes;

  /** What a forward pass is for. */
  public enum Mode {
    /** A loss: batch norm as {@link BatchNorm} says, and dropout. */
    train,
    /** Features that others are scored against: batch norm as in training, without dropout. */
    gallery,
    /** Embeddings to judge: running statistics, without dropout. */
    eval
  }

  /** Statistics that batch norm uses outside of {@link Mode#eval}. */
  public enum BatchNorm {
    /** Those of the batch at hand, which move the running ones. */
    batch,
    /** The running ones, which stay as they are. */
    running
  }

  private Encoder(Backbone backbone, ModelConfig model, BatchNorm batchNorm, Precision precision) {
    this.backbone = backbone;
    this.model = model;
    this.batchNorm = batchNorm;
    this.precision = precision;
    at(0);
  }

  /**
   * Builds a network with fresh weights and batch norm by the batch, unless the model freezes it.
   *
   * @param manager on the device that the network shall run on
   * @param seed decides the weights
   * @param precision of convolutions and matrix products; weights are f32 in any case
   */
  public static Encoder create(
      ModelConfig config, NDManager manager, long seed, Precision precision) {
    return create(config, BatchNorm.batch, manager, seed, precision);
  }

  /**
   * Builds a network with fresh weights.
   *
   * @param batchNorm what batch norm uses; {@code running} in any case if the model freezes it
   */
  static Encoder create(
      ModelConfig config, BatchNorm batchNorm, NDManager manager, long seed, Precision precision) {
    Parameters parameters = new Parameters(manager, seed, precision == Precision.bf16);
    try {
      return new Encoder(
          backbone(config, parameters),
          config,
          config.freezeBatchNorm() ? BatchNorm.running : batchNorm,
          precision);
    } catch (Throwable e) {
      Closer.of(parameters).closeAfter(e);
      throw e;
    }
  }

  /** The shapes of a network's arrays by name, in state-dict order, without an array. */
  public static Map<String, long[]> shapes(ModelConfig model) {
    return backbone(model, Parameters.counting()).parameters().shapes();
  }

  /**
   * Builds a backbone.
   *
   * @param parameters of the network; stay the caller's, closed after a failure too
   * @throws IllegalArgumentException if one of its arrays would be longer than an array can be
   */
  static Backbone backbone(ModelConfig config, Parameters parameters) {
    try {
      // As the count of what is kept for the backward pass has it.
      parameters.freeze(part -> config.freezes(part, Long.MAX_VALUE));
      return new Backbone(config.architecture(), config.shape(), parameters);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "model: one array of the network would have more than 2,147,483,647 values; wanted smaller"
              + " model.widths, model.input or model.embedding",
          e);
    }
  }

  /**
   * Features before normalisation.
   *
   * @param images f32 [B, channels, height, width] in [-1, 1]
   * @return f32 [B, E], registered with the caller's scope
   */
  public NDArray features(NDArray images, Mode mode) {
    return backbone.forward(
        images, mode != Mode.eval && batchNorm == BatchNorm.batch, mode == Mode.train);
  }

  /**
   * Says how {@link #record} keeps what the way back needs: all of it, which is so until it is
   * said, or the inputs of blocks, each of which then runs twice.
   */
  public void recompute(boolean recompute) {
    recomputes = recompute;
  }

  /** Features of images as in {@link Mode#train}, for a backward pass. */
  public Backbone.Recording record(NDArray images) {
    return backbone.record(images, batchNorm == BatchNorm.batch, recomputes);
  }

  /** Unit embeddings, f32 [B, E]; arguments as {@link #features}. */
  public NDArray embed(NDArray images, Mode mode) {
    return MarginHead.normalise(features(images, mode));
  }

  /**
   * Freezes the parts that the model freezes in a step, and no others. A frozen part keeps all its
   * values; its batch norm uses the running statistics.
   *
   * @param step steps completed before it
   */
  public void at(long step) {
    parameters().freeze(part -> model.freezes(part, step));
  }

  /** The running statistics that a step moves. */
  public NDList movingStatistics() {
    return model.freezeBatchNorm() ? new NDList() : parameters().movingBuffers();
  }

  /** The arrays of the network. */
  public Parameters parameters() {
    return backbone.parameters();
  }

  /** Shape of the images it takes. */
  public ImageShape shape() {
    return model.shape();
  }

  /** E, the size of an embedding. */
  public int embedding() {
    return model.embedding();
  }

  /** Precision of its convolutions and matrix products. */
  public Precision precision() {
    return precision;
  }

  /** What the network takes in memory. */
  public NetworkSize size() {
    boolean gpu = parameters().weightList().head().getDevice().isGpu();
    return NetworkSize.of(backbone, precision, recomputes, gpu);
  }

  @Override
  public void close() {
    backbone.parameters().close();
  }
}
