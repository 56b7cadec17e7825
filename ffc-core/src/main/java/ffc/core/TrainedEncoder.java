package ffc.core;

import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.eval.ImageEmbedder;
import java.io.IOException;
import java.nio.file.Path;

/** A network with the weights of a checkpoint, for judging and embedding. Owns its arrays. */
public final class TrainedEncoder implements AutoCloseable {
  private final NDManager manager;
  private final Encoder encoder;

  private TrainedEncoder(NDManager manager, Encoder encoder) {
    this.manager = manager;
    this.encoder = encoder;
  }

  /**
   * Loads a network.
   *
   * @param checkpoint folder {@code RUN/checkpoints/step-...}
   * @param model structure of the network that was trained
   * @throws IllegalArgumentException if the checkpoint is torn, has no such network, or holds one
   *     of another structure
   */
  public static TrainedEncoder open(Path checkpoint, ModelConfig model, EvaluateConfig.Net net)
      throws IOException {
    CheckpointReader in = CheckpointReader.open(checkpoint);
    if (!in.has(net + ".safetensors")) {
      throw new IllegalArgumentException(
          checkpoint + ": holds no " + net + " network; its method trains the probe only");
    }
    Autograd.off();
    NDManager manager = NDManager.newBaseManager();
    try (NDManager temporary = manager.newSubManager()) {
      Encoder encoder = Encoder.create(model, manager, 0, RunConfig.Precision.fp32);
      Weights.load(encoder.parameters(), in.tensors(net.name(), temporary), checkpoint + "/" + net);
      return new TrainedEncoder(manager, encoder);
    } catch (IllegalArgumentException | IOException e) {
      manager.close();
      throw e;
    }
  }

  /** The network as evaluation sees it; valid until this is closed. */
  public ImageEmbedder embedder() {
    return new EncoderEmbedder(encoder);
  }

  @Override
  public void close() {
    encoder.close();
    manager.close();
  }
}
