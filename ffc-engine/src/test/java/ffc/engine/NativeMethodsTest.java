package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The native methods of DJL and those of the bridge in {@code natives/}. That the program reaches
 * none which the bridge lacks is {@code ReachedNativesTest} of ffc-cli.
 */
class NativeMethodsTest {
  /** A row of the bridge's tables ends so. */
  private static final Pattern ROW = Pattern.compile(">\\(\\s*\"(\\w+)\"\\)");

  private static final Set<String> LEFT_OUT =
      Set.of(
          "adamUpdate",
          "conj",
          "iValueFromBoolList",
          "iValueFromStringIValueMap",
          "iValueToBoolList",
          "moduleWrite",
          "sgdUpdate",
          "torchCudaEmptyCache",
          "torchCumProd",
          "torchFft",
          "torchFft2",
          "torchGradFnName",
          "torchHannWindow",
          "torchIfft",
          "torchIfft2",
          "torchIrfft",
          "torchNNGru",
          "torchNNInterpolate",
          "torchNNLpPool",
          "torchNNLstm",
          "torchNNRnn",
          "torchQuantile",
          "torchRfft",
          "torchSparseCoo",
          "torchStartProfile",
          "torchStft",
          "torchStopProfile",
          "torchToDense",
          "torchToSparse",
          "torchUnique",
          "torchViewAsComplex",
          "torchViewAsReal");

  /** Not public. */
  private static Class<?> library() throws ClassNotFoundException {
    return Class.forName("ai.djl.pytorch.jni.PyTorchLibrary");
  }

  private static List<Method> djls() throws ClassNotFoundException {
    return Stream.of(library().getDeclaredMethods())
        .filter(method -> Modifier.isNative(method.getModifiers()))
        .toList();
  }

  @Test
  void theBridgeHasAllOfDjlButThoseLeftOut() throws Exception {
    Map<String, Integer> wanted = new TreeMap<>();
    djls().forEach(method -> wanted.merge(method.getName(), 1, Integer::sum));
    wanted.keySet().removeAll(LEFT_OUT);
    Map<String, Integer> there = new TreeMap<>();
    try (Stream<Path> files = Files.list(Path.of("../natives"))) {
      for (Path file : files.filter(file -> file.toString().endsWith(".h")).toList()) {
        Matcher row = ROW.matcher(Files.readString(file).replaceAll("//.*", ""));
        // Those of C10d are another class's.
        while (!file.endsWith("collectives.h") && row.find()) {
          there.merge(row.group(1), 1, Integer::sum);
        }
      }
    }

    assertThat(there).as("overloads of each name").isEqualTo(wanted);
    assertThat(djls().stream().map(Method::getName)).containsAll(LEFT_OUT);
  }

  @Test
  void aMethodThatTheBridgeLacksIsNamed() throws Exception {
    if (!TensorEngine.load().bridged()) {
      System.out.println("NativeMethodsTest: the natives are Maven's, which lack nothing");
      abort("no bridge");
    }
    Constructor<?> constructor = library().getDeclaredConstructor();
    constructor.setAccessible(true);
    Object library = constructor.newInstance();
    for (Method method : djls()) {
      if (LEFT_OUT.contains(method.getName())) {
        Object[] arguments =
            Stream.of(method.getParameterTypes()).map(NativeMethodsTest::zero).toArray();
        method.setAccessible(true);
        assertThatThrownBy(() -> method.invoke(library, arguments))
            .cause()
            .isInstanceOf(UnsatisfiedLinkError.class)
            .hasMessageContaining("PyTorchLibrary." + method.getName() + "(");
      }
    }
  }

  private static Object zero(Class<?> type) {
    return Array.get(Array.newInstance(type, 1), 0);
  }

  @Test
  void aMistakeIsToldByTheEngine() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        NDArray x = manager.ones(new Shape(4))) {
      assertThatThrownBy(() -> x.matMul(manager.ones(new Shape(5))))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("size");
    }
  }

  @Test
  void listsAndMapsOfValuesGoInAndOut() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        NDArray one = manager.create(1f);
        NDArray two = manager.create(2f);
        IValue list = IValue.listFrom(IValue.from((PtNDArray) one), IValue.from((PtNDArray) two));
        IValue map = IValue.stringMapFrom(Map.of("a", (PtNDArray) two))) {
      assertThat(list.isList()).isTrue();
      assertThat(list.toIValueArray()).hasSize(2);
      assertThat(map.isMap()).isTrue();
      Map<String, IValue> entries = map.toIValueMap();
      assertThat(entries).containsOnlyKeys("a");
      assertThat(entries.get("a").toTensor((PtNDManager) manager).getFloat()).isEqualTo(2f);
    }
  }
}
