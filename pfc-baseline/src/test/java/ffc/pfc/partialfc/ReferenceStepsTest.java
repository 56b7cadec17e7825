package ffc.pfc.partialfc;

import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.train.ReferenceRun;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.triplet.Triplet;
import ffc.pfc.triplet.TripletConfig;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Five steps of every method in the real loop against plain PyTorch: bench/reference_steps.py. */
class ReferenceStepsTest {
  // C classes, E embedding

  @TempDir Path folder;

  private PartialFcConfig.Storage storage = PartialFcConfig.Storage.memory;

  static List<ReferenceRun> cases() {
    return ReferenceRun.all(ReferenceStepsTest.class);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void stepsAreThoseOfTheReference(ReferenceRun reference) throws IOException {
    reference.check(folder, context -> method(reference, context));
  }

  static List<ReferenceRun> partialFc() {
    return cases().stream().filter(run -> run.methodType().equals("partial-fc")).toList();
  }

  @ParameterizedTest
  @MethodSource("partialFc")
  void rowsOnTheDeviceMakeTheSameSteps(ReferenceRun reference) throws IOException {
    storage = PartialFcConfig.Storage.device;
    reference.check(folder, context -> method(reference, context));
  }

  private Method method(ReferenceRun reference, MethodContext context) {
    return switch (reference.methodType()) {
      case "partial-fc" -> partialFc(reference, context);
      case "virtual-fc" -> new VirtualFc(reference.method(VirtualFcConfig.class), context);
      case "dcq" -> new DynamicClassQueue(reference.method(DynamicClassQueueConfig.class), context);
      case "triplet" -> new Triplet(reference.method(TripletConfig.class), context);
      default -> throw new IllegalArgumentException(reference.methodType());
    };
  }

  /** Centres start from the recording: their own start is drawn by seed and class. */
  private PartialFc partialFc(ReferenceRun reference, MethodContext context) {
    PartialFcConfig config =
        PartialFcConfigBuilder.builder(reference.method(PartialFcConfig.class))
            .storage(storage)
            .build();
    PartialFc method = new PartialFc(config, context);
    ClassCenters centers = method.centers();
    int dim = centers.dim();
    float[] rowsCE;
    try {
      rowsCE =
          reference
              .initialRows(folder, config.centers() == 1 ? "classes" : "classes-of-3")
              .toFloats();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (int cls = 0; cls < centers.range().size(); cls++) {
      centers.set(cls, Arrays.copyOfRange(rowsCE, cls * dim, (cls + 1) * dim));
    }
    reference.inspect(
        () -> {
          Map<String, float[]> arrays = new LinkedHashMap<>();
          arrays.put("classes/rows", all(centers, centers::row));
          for (int i = 0; i < centers.states(); i++) {
            int index = i;
            arrays.put("classes/state" + i, all(centers, cls -> centers.state(index, cls)));
          }
          return arrays;
        });
    return method;
  }

  private static float[] all(ClassCenters centers, LongFunction<float[]> row) {
    int dim = centers.dim();
    float[] values = new float[(int) centers.range().size() * dim];
    for (int cls = 0; cls < centers.range().size(); cls++) {
      System.arraycopy(row.apply(cls), 0, values, cls * dim, dim);
    }
    return values;
  }
}
