package ffc.runs.experiment;

import ffc.core.ffc.FfcConfig;
import ffc.core.method.MethodConfig;
import ffc.core.method.MethodContext;
import ffc.core.method.MethodProvider;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.dcq.DynamicClassQueueConfigBuilder;
import ffc.pfc.partialfc.PartialFc;
import ffc.pfc.partialfc.PartialFcConfig;
import ffc.pfc.triplet.Triplet;
import ffc.pfc.triplet.TripletConfig;
import ffc.pfc.triplet.TripletConfigBuilder;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfig;
import ffc.pfc.virtualfc.VirtualFcConfigBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/**
 * The method table: what {@code method.type} may name. A new method is its class, its config record
 * and one line here; or, outside of this project, a {@link MethodProvider} on the class path.
 */
public final class Methods {
  private static final List<MethodProvider<?>> OWN =
      List.of(
          new MethodProvider.Of<>(
              "ffc", FfcConfig.class, FfcConfig::create, List.of(FfcConfig.standard())),
          new MethodProvider.Of<>(
              "partial-fc",
              PartialFcConfig.class,
              PartialFc::new,
              List.of(PartialFcConfig.ofRate(0.1), PartialFcConfig.ofRate(1))),
          new MethodProvider.Of<>(
              "virtual-fc",
              VirtualFcConfig.class,
              VirtualFc::new,
              List.of(VirtualFcConfigBuilder.builder().build())),
          new MethodProvider.Of<>(
              "dcq",
              DynamicClassQueueConfig.class,
              DynamicClassQueue::new,
              List.of(DynamicClassQueueConfigBuilder.builder().build())),
          new MethodProvider.Of<>(
              "triplet",
              TripletConfig.class,
              Triplet::new,
              List.of(TripletConfigBuilder.builder().build())));

  private static final Map<String, MethodProvider<?>> TABLE = table();

  private Methods() {}

  private static Map<String, MethodProvider<?>> table() {
    Map<String, MethodProvider<?>> table = new LinkedHashMap<>();
    OWN.forEach(method -> table.put(method.type(), method));
    for (MethodProvider<?> method : ServiceLoader.load(MethodProvider.class)) {
      if (table.putIfAbsent(method.type(), method) != null) {
        throw new IllegalArgumentException(
            "%s: gives method.type %s, which is taken; give it another name"
                .formatted(method.getClass().getName(), method.type()));
      }
    }
    return table;
  }

  /** Known types in alphabetical order. */
  public static List<String> types() {
    return TABLE.keySet().stream().sorted().toList();
  }

  /** Types that several trainers can train, in the order of tables. */
  static List<String> ofSeveralTrainers() {
    return TABLE.values().stream()
        .filter(method -> method.variants().stream().anyMatch(MethodConfig::severalTrainers))
        .map(MethodProvider::type)
        .toList();
  }

  /** Config record of a known type; null for an unknown one. */
  public static Class<? extends MethodConfig> config(String type) {
    MethodProvider<?> method = TABLE.get(type);
    return method == null ? null : method.config();
  }

  /** How to build the method that a section {@code method} describes. */
  public static MethodContext.Factory factory(MethodConfig settings) {
    return factory(TABLE.get(settings.type()), settings);
  }

  private static <C extends MethodConfig> MethodContext.Factory factory(
      MethodProvider<C> method, MethodConfig settings) {
    C own = method.config().cast(settings);
    return context -> method.create(own, context);
  }

  /** The method of an experiment, then every variant of the table that has another label. */
  public static List<MethodConfig> beside(MethodConfig own) {
    Map<String, MethodConfig> all = new LinkedHashMap<>();
    all.put(own.label(), own);
    TABLE.values().stream()
        .flatMap(method -> method.variants().stream())
        .forEach(variant -> all.putIfAbsent(variant.label(), variant));
    return new ArrayList<>(all.values());
  }
}
