package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.Dropout;
import ffc.engine.Autograd;
import ffc.engine.NativeOps;
import ffc.loaders.data.ImageShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A network that maps images to features of a fixed size: an architecture with its arrays. */
public final class Backbone {
  // B images, E embedding

  private final Architecture architecture;
  private final Parameters parameters;
  private final Map<String, Layers.Layer> layers;
  private final Kept kept;

  /**
   * Builds a network with fresh weights.
   *
   * @param input shape of the images
   * @param parameters empty; receives the arrays and stays the caller's
   * @throws ArithmeticException if an array would be longer than arrays can be
   */
  public Backbone(Architecture architecture, ImageShape input, Parameters parameters) {
    parameters.inParts(architecture::part);
    LayerBuilder builder = new LayerBuilder(parameters);
    architecture.features(
        builder, new LayerBuilder.Size(input.channels(), input.height(), input.width()));
    this.architecture = architecture;
    this.parameters = parameters;
    this.layers = builder.layers();
    this.kept =
        new Kept(
            builder.activations(), builder.blockInputs(), builder.largestBlock(), builder.tokens());
  }

  /**
   * Runs the network.
   *
   * @param images f32 [B, channels, height, width] in [-1, 1]
   * @param batchStatistics true: batch norm uses the statistics of this batch and updates its
   *     running ones (B must be at least 2), but for frozen layers; false: it uses the running ones
   * @param dropout whether values, branches and tokens are dropped, where the network drops some
   * @return features f32 [B, embedding], not normalised; registered with the caller's scope
   */
  public NDArray forward(NDArray images, boolean batchStatistics, boolean dropout) {
    return architecture.features(new Pass(images, batchStatistics, dropout), images);
  }

  /**
   * Runs the network for a backward pass, with dropout; arguments as {@link #forward}.
   *
   * @param recompute whether to keep no more than the inputs of its blocks
   */
  Recording record(NDArray images, boolean batchStatistics, boolean recompute) {
    if (recompute) {
      return new RecomputedPass(images, batchStatistics).forward();
    }
    return Recording.of(Autograd.record(() -> forward(images, batchStatistics, true)));
  }

  /** The arrays of the network. */
  public Parameters parameters() {
    return parameters;
  }

  /**
   * Values kept for the backward pass by one image: estimates for memory planning, counted from the
   * outputs of every layer that PyTorch saves.
   *
   * @param all of the whole network
   * @param blockInputs what goes into its blocks
   * @param largestBlock within one of them, at most
   * @param tokens whether tokens pass from block to block, in f32 whatever the precision
   */
  public record Kept(long all, long blockInputs, long largestBlock, boolean tokens) {}

  /** What the backward pass needs. */
  public Kept kept() {
    return kept;
  }

  /** A forward pass in training, with its way back. Its arrays are those of the caller's scope. */
  public interface Recording {
    /** Features before normalisation, f32 [B, E]. */
    NDArray features();

    /**
     * Adds to the gradients of the weights, once, and frees what the forward pass kept.
     *
     * @param gradientBE d loss / d features, f32 [B, E]
     */
    void backward(NDArray gradientBE);

    /** Of features that PyTorch itself has recorded from end to end. */
    static Recording of(NDArray features) {
      return new Recording() {
        @Override
        public NDArray features() {
          return features;
        }

        @Override
        public void backward(NDArray gradientBE) {
          Autograd.backward(features, gradientBE);
        }
      };
    }
  }

  /** The layers on arrays; those of a block are freed at its end. */
  private class Pass implements Operators<NDArray> {
    private final NDArray images;
    private final boolean batchStatistics;
    private final boolean drop;

    /** Of the pass under way: the places of its tokens, i64 [B, N]; the hidden ones come last. */
    private NDArray places;

    Pass(NDArray images, boolean batchStatistics, boolean drop) {
      this.images = images;
      this.batchStatistics = batchStatistics;
      this.drop = drop;
    }

    /** A layer on arrays. */
    NDArray layer(NDArray x, String name) {
      return layers.get(name).forward(x, batchStatistics && !parameters.isFrozen(name));
    }

    @Override
    public NDArray convolution(
        NDArray x, String name, int out, int kernel, int stride, int pad, int groups) {
      return layer(x == images ? parameters.compute(x) : x, name);
    }

    @Override
    public NDArray norm(NDArray x, String name, double epsilon) {
      return layer(x, name);
    }

    @Override
    public NDArray normOfFixedWeight(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray prelu(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray dropout(NDArray x, double probability) {
      return probability > 0 && drop
          ? x.mul(parameters.compute(draw(x, x.getShape(), probability)))
          : x;
    }

    /**
     * Factors that drop values: zero with a probability, and otherwise as much above 1 as is lost.
     *
     * @return f32, of a shape
     */
    NDArray draw(NDArray x, Shape shape, double probability) {
      return Dropout.dropout(x.getManager().ones(shape), (float) probability, true).head();
    }

    @Override
    public NDArray dense(NDArray x, String name, int out) {
      return layer(x, name);
    }

    @Override
    public NDArray denseWithoutBias(NDArray x, String name, int out) {
      return layer(x, name);
    }

    @Override
    public NDArray patches(NDArray x, String name, int out, int size) {
      return layer(x, name);
    }

    @Override
    public NDArray positions(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray layerNorm(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray linear(NDArray x, String name, int out, boolean bias) {
      return layer(x, name);
    }

    @Override
    public NDArray attention(NDArray qkv, int heads) {
      return TokenLayers.attention(qkv, heads);
    }

    @Override
    public NDArray relu6(NDArray x) {
      return NativeOps.relu6(x);
    }

    @Override
    public NDArray branch(NDArray x, double probability) {
      NDArray f32 = parameters.result(x);
      if (probability == 0 || !drop) {
        return f32;
      }
      return f32.mul(draw(x, new Shape(f32.getShape().get(0), 1, 1), probability));
    }

    @Override
    public NDArray hidden(NDArray x, double share) {
      if (share == 0 || !drop) {
        return x;
      }
      Shape tokens = new Shape(x.getShape().get(0), x.getShape().get(1));
      places = x.getManager().randomUniform(0, 1, tokens).argSort(1);
      int kept = (int) (tokens.get(1) * (1 - share));
      NDArray shown = places.get(":, :" + kept);
      return block(x, in -> TokenLayers.pick(in, shown));
    }

    @Override
    public NDArray restored(NDArray x, String name, double share) {
      return share == 0 || !drop
          ? x
          : ((TokenLayers.MaskToken) layers.get(name)).restore(x, places.argSort(1));
    }

    @Override
    public NDArray weightedSum(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray add(NDArray x, NDArray y) {
      return x.addi(y);
    }

    @Override
    public NDArray block(NDArray x, UnaryOperator<NDArray> piece) {
      NDArray result = Layers.scoped(() -> piece.apply(x));
      if (x != images) {
        x.close();
      }
      return result;
    }
  }

  /**
   * A forward pass that keeps the inputs of the network's blocks and nothing within them; the way
   * back goes from the last block to the first and runs each once more, with the random factors
   * that it has drawn (Chen et al. 2016). Gradients are those of a pass that keeps everything.
   */
  private final class RecomputedPass extends Pass implements Recording {
    /**
     * A block of the network.
     *
     * @param draws that were made before it
     * @param first whether nothing before it is trained, so that its input needs no gradient
     */
    private record Block(NDArray input, UnaryOperator<NDArray> piece, int draws, boolean first) {}

    private final NDArray images;
    private final List<Block> blocks = new ArrayList<>();
    private final List<NDArray> draws = new ArrayList<>();
    private int nextDraw;

    /** Whether a layer so far is trained. */
    private boolean trains;

    /** What the next block has to begin with: what the last one gave, or null within a block. */
    private NDArray between;

    private NDArray features;

    RecomputedPass(NDArray images, boolean batchStatistics) {
      super(images, batchStatistics, true);
      this.images = images;
      this.between = images;
    }

    /** Runs forward. */
    Recording forward() {
      features = architecture.features(this, images);
      expectBetween(features);
      return this;
    }

    @Override
    public NDArray features() {
      return features;
    }

    @Override
    NDArray layer(NDArray x, String name) {
      trains |= !parameters.isFrozen(name);
      return super.layer(x, name);
    }

    @Override
    NDArray draw(NDArray x, Shape shape, double probability) {
      if (nextDraw == draws.size()) {
        draws.add(super.draw(x, shape, probability));
        NDScope.unregister(draws.get(nextDraw)); // the block's scope would close it
      }
      return draws.get(nextDraw++);
    }

    @Override
    public NDArray block(NDArray x, UnaryOperator<NDArray> piece) {
      expectBetween(x);
      between = null;
      int drawn = draws.size();
      boolean first = !trains;
      NDArray result = Layers.scoped(() -> piece.apply(x));
      draws.subList(drawn, draws.size()).forEach(NDScope::register);
      if (trains) {
        blocks.add(new Block(x, piece, drawn, first));
      } else if (x != images) {
        x.close();
      }
      between = result;
      return result;
    }

    /** Gradients would end where the network computes something between its blocks. */
    private void expectBetween(NDArray x) {
      if (x != between) {
        throw new IllegalArgumentException(
            "run.checkpointActivations: this backbone is no chain of blocks; wanted false");
      }
    }

    @Override
    public void backward(NDArray gradientBE) {
      // Batch norm moves its running statistics whenever it looks at the batch.
      RunningStatistics once = RunningStatistics.keep(parameters.bufferList());
      try {
        NDArray gradient = gradientBE;
        for (int i = blocks.size() - 1; i >= 0; i--) {
          NDArray before = backward(blocks.get(i), gradient);
          if (gradient != gradientBE) {
            gradient.close();
          }
          gradient = before;
        }
      } finally {
        once.restore();
      }
    }

    /**
     * Goes back through a block and frees what it kept.
     *
     * @return d loss / d its input; null of the first
     */
    private NDArray backward(Block block, NDArray gradient) {
      NDArray x = block.input();
      nextDraw = block.draws();
      NDArray before = null;
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        if (!block.first()) {
          x.setRequiresGradient(true);
        }
        NDArray result = Autograd.record(() -> Layers.scoped(() -> block.piece().apply(x)));
        Autograd.backward(result, gradient);
        if (!block.first()) {
          before = x.getGradient();
          NDScope.unregister(before);
        }
      }
      if (!block.first()) {
        NDScope.register(before);
      }
      if (x != images) {
        x.close();
      }
      return before;
    }
  }
}
