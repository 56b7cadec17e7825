package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointReader;
import ffc.engine.Upload;
import ffc.formats.HostTensor;
import ffc.formats.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/** Fills a network with stored arrays, strictly: every name on both sides, every shape equal. */
public final class Weights {
  private Weights() {}

  /**
   * Fills a network from the file {@code NAME.safetensors} of a checkpoint.
   *
   * @throws IllegalArgumentException if it is damaged or of a network of another structure
   */
  public static void load(Parameters parameters, CheckpointReader in, String name)
      throws IOException {
    try (NDManager temporary = parameters.newSubManager()) {
      load(parameters, in.tensors(name, temporary), in.folder() + "/" + name);
    }
  }

  /**
   * Fills a network with the mean of those that several checkpoints hold under a name, array by
   * array, summed in double precision.
   *
   * @param sources at least one
   * @throws IllegalArgumentException if one is damaged or of a network of another structure
   */
  public static void loadMean(Parameters parameters, List<CheckpointReader> sources, String name)
      throws IOException {
    load(parameters, sources.get(0), name);
    if (sources.size() == 1) {
      return;
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Map<String, NDArray> sums = new LinkedHashMap<>();
      parameters
          .all()
          .forEach((array, values) -> sums.put(array, values.toType(DataType.FLOAT64, true)));
      for (CheckpointReader source : sources.subList(1, sources.size())) {
        load(parameters, source, name);
        parameters
            .all()
            .forEach(
                (array, values) -> {
                  try (NDArray more = values.toType(DataType.FLOAT64, true)) {
                    sums.get(array).addi(more);
                  }
                });
      }
      sums.forEach(
          (array, sum) ->
              parameters.set(array, sum.divi(sources.size()).toType(DataType.FLOAT32, true)));
    }
  }

  private static void load(Parameters parameters, Map<String, NDArray> stored, String what) {
    TreeSet<String> missing = new TreeSet<>(parameters.all().keySet());
    missing.removeAll(stored.keySet());
    TreeSet<String> unknown = new TreeSet<>(stored.keySet());
    unknown.removeAll(parameters.all().keySet());
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException(
          what
              + ": the stored network is another one; missing "
              + first(missing)
              + ", not expected "
              + first(unknown));
    }
    parameters
        .all()
        .forEach(
            (name, array) -> {
              if (!stored.get(name).getShape().equals(array.getShape())) {
                throw new IllegalArgumentException(
                    what
                        + ": the stored network is another one; "
                        + name
                        + " has shape "
                        + stored.get(name).getShape()
                        + ", expected "
                        + array.getShape());
              }
            });
    stored.forEach(parameters::set);
  }

  /**
   * Fills a network from a weight file of this or another system: all its names under one prefix,
   * and nothing else in the file.
   *
   * @param description says what arrays that do not fit are
   */
  public static void loadFile(
      Parameters parameters, Path file, Function<Map<String, HostTensor>, String> description) {
    WeightFile.Network network;
    try {
      network = WeightFile.network(file, parameters.shapes(), description);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("model.initFrom " + e.getMessage(), e);
    }
    if (!network.leftOver().isEmpty()) {
      throw new IllegalArgumentException(
          "model.initFrom "
              + file
              + ": holds more than the network: "
              + WeightFile.some(network.leftOver())
              + "; ./ffc import FILE --config CONFIG --out NEW.safetensors leaves it out");
    }
    NDManager networks = parameters.all().values().iterator().next().getManager();
    try (NDManager manager = networks.newSubManager()) { // on its device
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      network
          .tensors()
          .forEach(
              (name, tensor) ->
                  arrays.put(
                      name, Upload.to(manager, tensor.toFloats(), new Shape(tensor.shape()))));
      load(parameters, arrays, "model.initFrom " + file);
    }
  }

  private static String first(TreeSet<String> names) {
    return names.isEmpty()
        ? "nothing"
        : names.size() == 1
            ? names.first()
            : names.first() + " and " + (names.size() - 1) + " more";
  }
}
