package ffc.core.train;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.method.TrainingDevice;
import ffc.core.net.Encoder;
import ffc.core.net.EncoderEmbedder;
import ffc.core.net.ModelConfig;
import ffc.core.net.Precision;
import ffc.core.net.Weights;
import ffc.engine.Autograd;
import ffc.engine.Closer;
import ffc.engine.HostReads;
import ffc.eval.EvaluateConfig;
import ffc.eval.embedding.ImageEmbedder;
import ffc.formats.HostTensor;
import ffc.loaders.data.Resize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network with the weights of a checkpoint, or with the mean of those of several, for judging and
 * embedding. Owns its arrays.
 */
public final class TrainedEncoder implements AutoCloseable {
  private final NDManager manager;
  private final Encoder encoder;
  private final Resize resize;

  private TrainedEncoder(NDManager manager, Encoder encoder, Resize resize) {
    this.manager = manager;
    this.encoder = encoder;
    this.resize = resize;
  }

  /**
   * Loads a network.
   *
   * @param checkpoints folders {@code RUN/checkpoints/step-...}, at least one; of several the mean
   *     of each array, running statistics too
   * @param model structure of the network that was trained
   * @param resize what happens to images of another size than it takes
   * @param device where it runs, as {@code --device} of a command says
   * @throws IllegalArgumentException if a checkpoint is torn, has no such network, or holds one of
   *     another structure, or if this machine has no such device
   */
  public static TrainedEncoder open(
      List<Path> checkpoints,
      ModelConfig model,
      Resize resize,
      EvaluateConfig.Net net,
      String device)
      throws IOException {
    Device where = TrainingDevice.named("--device", device);
    List<CheckpointReader> sources = new ArrayList<>();
    for (Path checkpoint : checkpoints) {
      sources.add(source(checkpoint, net));
    }
    Autograd.off();
    NDManager manager = NDManager.newBaseManager(where);
    try {
      Encoder encoder = Encoder.create(model, manager, 0, Precision.fp32);
      Weights.loadMean(encoder.parameters(), sources, net.name());
      return new TrainedEncoder(manager, encoder, resize);
    } catch (Throwable e) {
      Closer.of(manager).closeAfter(e);
      throw e;
    }
  }

  private static CheckpointReader source(Path checkpoint, EvaluateConfig.Net net)
      throws IOException {
    CheckpointReader in = CheckpointReader.open(checkpoint);
    if (!in.has(net + ".safetensors")) {
      throw new IllegalArgumentException(
          checkpoint
              + ": holds no "
              + net
              + " network; "
              + (net == EvaluateConfig.Net.ema
                  ? "it was written without run.ema"
                  : "its method trains the probe only"));
    }
    return in;
  }

  /** Copies of the network's arrays by name, f32, in state-dict order. */
  public Map<String, HostTensor> weights() {
    Map<String, HostTensor> weights = new LinkedHashMap<>();
    encoder
        .parameters()
        .all()
        .forEach(
            (name, array) ->
                weights.put(
                    name, HostTensor.of(HostReads.floats(array), array.getShape().getShape())));
    return weights;
  }

  /** The network as evaluation sees it; valid until this is closed. */
  public ImageEmbedder embedder() {
    return new EncoderEmbedder(encoder, encoder.shape().resized(resize));
  }

  @Override
  public void close() {
    manager.close(); // the network's arrays are below it
  }
}
