package ffc.core.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.net.Parameters;
import ffc.engine.NativeOps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Moves the weights of a network along their gradients. Owns its state. */
public abstract sealed class Optimizer implements AutoCloseable permits Sgd, AdamW {
  private static final NDIndex ALL = new NDIndex(":");

  private final Parameters parameters;
  private final Map<Group, List<String>> groups = new LinkedHashMap<>();
  final NDManager manager;

  /**
   * What weights that move alike have in common.
   *
   * @param decay weight decay
   * @param rate factor of the learning rate
   * @param late whether they are frozen at first
   */
  record Group(double decay, double rate, boolean late) {}

  /**
   * Takes the weights as they are frozen now.
   *
   * @param parameters stay the caller's, who may free weights later
   */
  Optimizer(OptimizerConfig config, Parameters parameters, NDManager parent) {
    this.parameters = parameters;
    this.manager = parent.newSubManager();
    List<String> parts = parameters.parts();
    for (String name : weights().keySet()) {
      boolean decays =
          config.decays() == OptimizerConfig.Decays.all || isMatrix(weights().get(name).getShape());
      groups
          .computeIfAbsent(
              new Group(
                  decays ? config.weightDecay() : 0,
                  config.rate(parameters.part(name), parts),
                  parameters.isFrozen(name)),
              group -> new ArrayList<>())
          .add(name);
    }
  }

  private static boolean isMatrix(Shape shape) {
    return shape.dimension() > 1 && (shape.get(0) > 1 || shape.dimension() == 4);
  }

  /** The weights that are not frozen, by how they move. */
  final Map<Group, List<String>> groups() {
    Map<Group, List<String>> moving = new LinkedHashMap<>(groups);
    moving.values().removeIf(names -> parameters.isFrozen(names.get(0)));
    return moving;
  }

  /** The optimiser that a configuration describes. */
  public static Optimizer of(OptimizerConfig config, Parameters parameters, NDManager parent) {
    return switch (config.type()) {
      case sgd -> new Sgd(config, parameters, parent);
      case adamw -> new AdamW(config, parameters, parent);
    };
  }

  /** The weights by name. */
  final Map<String, NDArray> weights() {
    return parameters.weights();
  }

  /**
   * The gradients of the weights that are not frozen, by name; they live until the step's scope
   * closes.
   */
  final Map<String, NDArray> gradients() {
    Map<String, NDArray> gradients = new LinkedHashMap<>();
    weights()
        .forEach(
            (name, w) -> {
              if (!parameters.isFrozen(name)) {
                gradients.put(name, w.getGradient());
              }
            });
    return gradients;
  }

  /** Some arrays of a map; none of an empty map. */
  static NDList list(Map<String, NDArray> arrays, List<String> names) {
    NDList list = new NDList();
    names.stream().filter(arrays::containsKey).forEach(name -> list.add(arrays.get(name)));
    return list;
  }

  /** The arrays of a map, in its order. */
  static NDList list(Map<String, NDArray> arrays) {
    return new NDList(new ArrayList<>(arrays.values()));
  }

  /** One state array a weight, zero. */
  final Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    weights().forEach((name, w) -> state.put(name, manager.zeros(w.getShape())));
    return state;
  }

  /** The gradients, in the order of the weights; they live until the step's scope closes. */
  public final NDList gradientList() {
    return list(gradients());
  }

  /** The state arrays, for averaging over trainers. */
  public abstract NDList stateList();

  /** Global Euclidean norm of the gradients. */
  public final double gradientNorm() {
    return NativeOps.norm(list(gradients()));
  }

  /** Sets the gradients to zero. */
  public final void zeroGradients() {
    NativeOps.zero(list(gradients()));
  }

  /**
   * One update.
   *
   * @param learningRate rate of this step
   * @param gradientFactor factor of the gradients, for example of norm clipping
   */
  public abstract void step(double learningRate, double gradientFactor);

  /** Forgets the last {@link #step}: its caller has put weights and state back. */
  public void takeBack() {}

  /** Writes the state. */
  public abstract void save(CheckpointWriter out) throws IOException;

  /** Restores what {@link #save} wrote. */
  public abstract void load(CheckpointReader in) throws IOException;

  /** Copies stored arrays into state arrays of the same names and shapes. */
  static void restore(Map<String, NDArray> state, Map<String, NDArray> stored, String what) {
    state.forEach(
        (name, array) -> {
          NDArray value = stored.get(name);
          if (value == null || !value.getShape().equals(array.getShape())) {
            throw new IllegalArgumentException(
                what
                    + ": "
                    + name
                    + " is "
                    + (value == null ? "missing" : value.getShape())
                    + ", expected "
                    + array.getShape()
                    + "; the checkpoint belongs to another model");
          }
          array.set(ALL, value);
        });
  }

  @Override
  public void close() {
    manager.close();
  }
}
