package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ffc.engine.HostReads;
import ffc.engine.NativeOps;
import ffc.engine.Upload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;

/**
 * The named arrays of one network, f32, in the order of its state dict: trainable weights and
 * buffers (running statistics of batch norm). Owns the arrays. Initial values depend on the seed
 * and the name alone.
 */
public final class Parameters implements AutoCloseable {
  private final NDManager manager;
  private final long seed;
  private boolean bf16;
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();
  private final Map<String, NDArray> weights = new LinkedHashMap<>();
  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  private UnaryOperator<String> parts = name -> Architecture.EMBEDDING;
  private Predicate<String> frozen = part -> false;
  private boolean gradients;

  /** Values of a network that is only counted. */
  private long counted;

  /**
   * No arrays at all: a network built on it cannot run, but tells its {@link #size}, whatever it
   * would take.
   */
  public static Parameters counting() {
    return new Parameters();
  }

  private Parameters() {
    manager = null;
    seed = 0;
    bf16 = false;
  }

  /**
   * @param parent manager on the device that the network runs on
   * @param seed decides the initial weights
   */
  public Parameters(NDManager parent, long seed) {
    this(parent, seed, false);
  }

  /**
   * @param bf16 whether convolutions and matrix products compute in bfloat16; the arrays here stay
   *     f32
   */
  public Parameters(NDManager parent, long seed, boolean bf16) {
    this.manager = parent.newSubManager();
    this.seed = seed;
    this.bf16 = bf16;
  }

  /** A manager for arrays beside these, on the same device. */
  NDManager newSubManager() {
    return manager.newSubManager();
  }

  /** Whether convolutions and products compute in bfloat16. */
  boolean isBf16() {
    return bf16;
  }

  /**
   * Runs a forward pass with all of it in f32, whatever precision the network trains in. For one
   * thread at a time.
   */
  public NDArray inFloat32(Supplier<NDArray> forward) {
    boolean before = bf16;
    bf16 = false;
    try {
      return forward.get();
    } finally {
      bf16 = before;
    }
  }

  /** A weight or input in the precision that convolutions and products compute in. */
  NDArray compute(NDArray f32) {
    return bf16 ? NativeOps.toBf16(f32) : f32;
  }

  /** A feature back in f32. */
  NDArray result(NDArray computed) {
    return bf16 ? NativeOps.toF32(computed) : computed;
  }

  /** A trainable weight drawn uniformly from [-bound, bound]. */
  public NDArray uniform(String name, Shape shape, double bound) {
    if (isCounting(name, shape)) {
      return null;
    }
    float[] values = new float[Math.toIntExact(shape.size())];
    SplittableRandom random = new SplittableRandom(seed ^ hash(name));
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    NDArray array = Upload.to(manager, values, shape);
    // Filters with the channels innermost: convolutions on the CPU take them without reordering.
    return addWeight(name, shape.dimension() == 4 ? NativeOps.channelsLast(array) : array);
  }

  /** A trainable weight drawn from N(0, deviation²). */
  public NDArray normal(String name, Shape shape, double deviation) {
    if (isCounting(name, shape)) {
      return null;
    }
    return addWeight(name, Upload.to(manager, normals(name, shape, deviation), shape));
  }

  /** As {@link #normal}, of an array that is not trained by gradient. */
  public NDArray normalBuffer(String name, Shape shape, double deviation) {
    if (isCounting(name, shape)) {
      return null;
    }
    return add(name, Upload.to(manager, normals(name, shape, deviation), shape));
  }

  /** By Box and Muller, in arithmetic that is the same everywhere. */
  private float[] normals(String name, Shape shape, double deviation) {
    float[] values = new float[Math.toIntExact(shape.size())];
    SplittableRandom random = new SplittableRandom(seed ^ hash(name));
    for (int i = 0; i < values.length; i++) {
      double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
      double angle = 2 * Math.PI * random.nextDouble();
      values[i] = (float) (deviation * radius * StrictMath.cos(angle));
    }
    return values;
  }

  /** A trainable weight with one initial value. */
  public NDArray constant(String name, Shape shape, float value) {
    return isCounting(name, shape) ? null : addWeight(name, manager.full(shape, value));
  }

  /** An array that is not trained by gradient. */
  public NDArray buffer(String name, Shape shape, float value) {
    return isCounting(name, shape) ? null : add(name, manager.full(shape, value));
  }

  private boolean isCounting(String name, Shape shape) {
    long values = Math.toIntExact(shape.size()); // as many as an array can have
    shapes.put(name, shape.getShape());
    counted += manager == null ? values : 0;
    return manager == null;
  }

  private NDArray addWeight(String name, NDArray array) {
    weights.put(name, array);
    return add(name, array);
  }

  private NDArray add(String name, NDArray array) {
    // A caller's scope must not close what the network keeps.
    NDScope.unregister(array);
    if (arrays.put(name, array) != null) {
      throw new IllegalStateException("two arrays are named " + name);
    }
    return array;
  }

  private static long hash(String name) {
    long h = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      h = (h ^ (b & 0xff)) * 0x100000001b3L;
    }
    return h;
  }

  /** Makes the weights that are not frozen take part in gradients. */
  public void requireGradients() {
    gradients = true;
    weights.forEach(
        (name, w) -> {
          if (w.hasGradient() == isFrozen(name)) {
            w.setRequiresGradient(!isFrozen(name));
          }
        });
  }

  /** Says to which part of the network an array or layer belongs by its name. */
  void inParts(UnaryOperator<String> partOfName) {
    parts = partOfName;
  }

  /** The part of the network that an array or layer belongs to. */
  public String part(String name) {
    return parts.apply(name);
  }

  /** Names of the network's parts, in the order that an image passes them. */
  public List<String> parts() {
    return shapes.keySet().stream().map(parts).distinct().toList();
  }

  /**
   * Says which parts of the network keep their values, until it is said anew.
   *
   * @param which is asked for names of parts
   */
  public void freeze(Predicate<String> which) {
    frozen = which;
    if (gradients) {
      requireGradients();
    }
  }

  /** Whether an array or layer belongs to a part that is frozen. */
  public boolean isFrozen(String name) {
    return frozen.test(part(name));
  }

  /** All arrays by name, in state-dict order; owned by this object. */
  public Map<String, NDArray> all() {
    return arrays;
  }

  /** The trainable arrays by name, in state-dict order; owned by this object. */
  public Map<String, NDArray> weights() {
    return weights;
  }

  /** The trainable arrays that are not frozen, as a list. */
  public NDList movingWeights() {
    return list(name -> weights.containsKey(name) && !isFrozen(name));
  }

  /** The buffers that are not frozen, as a list. */
  public NDList movingBuffers() {
    return list(name -> !weights.containsKey(name) && !isFrozen(name));
  }

  /** The trainable arrays as a list. */
  public NDList weightList() {
    return new NDList(new ArrayList<>(weights.values()));
  }

  /** The running statistics as a list. */
  public NDList bufferList() {
    return list(name -> !weights.containsKey(name));
  }

  private NDList list(Predicate<String> names) {
    NDList list = new NDList();
    arrays.forEach(
        (name, array) -> {
          if (names.test(name)) {
            list.add(array);
          }
        });
    return list;
  }

  /** The shapes of all arrays by name, in state-dict order; known of a network that is counted. */
  public Map<String, long[]> shapes() {
    return shapes;
  }

  /** Number of trainable values. */
  public long weightCount() {
    return weights.values().stream().mapToLong(NDArray::size).sum();
  }

  /** Number of values, buffers included. */
  public long size() {
    return counted + arrays.values().stream().mapToLong(NDArray::size).sum();
  }

  /** A checksum of each array's values by name. */
  public Map<String, Long> hashes() {
    Map<String, Long> hashes = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> {
          CRC32C crc = new CRC32C();
          crc.update(HostReads.bytes(array));
          hashes.put(name, crc.getValue());
        });
    return hashes;
  }

  /** Takes over the values of a network of the same structure. */
  public void copyFrom(Parameters other) {
    other.arrays.forEach((name, array) -> set(name, array));
  }

  /**
   * Overwrites one array in place.
   *
   * @throws IllegalArgumentException if the name is unknown or the shape differs
   */
  public void set(String name, NDArray value) {
    NDArray target = arrays.get(name);
    if (target == null) {
      throw new IllegalArgumentException("the network has no array named " + name);
    }
    if (!target.getShape().equals(value.getShape())) {
      throw new IllegalArgumentException(
          name + " has shape " + value.getShape() + ", expected " + target.getShape());
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      boolean trainable = target.hasGradient();
      if (trainable) {
        // PyTorch refuses to edit a leaf in place while it asks for gradients.
        target.setRequiresGradient(false);
      }
      target.set(new NDIndex(":"), value);
      if (trainable) {
        target.setRequiresGradient(true);
      }
    }
  }

  @Override
  public void close() {
    if (manager != null) {
      manager.close();
    }
  }
}
