package ffc.runs.experiment;

import ffc.core.ffc.Ffc;
import ffc.core.ffc.FfcConfig;
import ffc.core.method.Method;
import ffc.core.method.MethodConfig;
import ffc.core.method.MethodContext;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.partialfc.PartialFc;
import ffc.pfc.partialfc.PartialFcConfig;
import ffc.pfc.triplet.Triplet;
import ffc.pfc.triplet.TripletConfig;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;

/**
 * The method table: what {@code method.type} may name. A new method is one line here, its config
 * record and its class.
 */
public final class Methods {
  private static final Map<String, Entry<?>> TABLE =
      new TreeMap<>(
          Map.of(
              "ffc", new Entry<>(FfcConfig.class, Ffc::new),
              "partial-fc", new Entry<>(PartialFcConfig.class, PartialFc::new),
              "virtual-fc", new Entry<>(VirtualFcConfig.class, VirtualFc::new),
              "dcq", new Entry<>(DynamicClassQueueConfig.class, DynamicClassQueue::new),
              "triplet", new Entry<>(TripletConfig.class, Triplet::new)));

  private record Entry<C extends MethodConfig>(
      Class<C> config, BiFunction<C, MethodContext, Method> constructor) {
    Method create(MethodConfig settings, MethodContext context) {
      return constructor.apply(config.cast(settings), context);
    }
  }

  private Methods() {}

  /** Known types in alphabetical order. */
  public static List<String> types() {
    return List.copyOf(TABLE.keySet());
  }

  /** Config record of a known type; null for an unknown one. */
  public static Class<? extends MethodConfig> config(String type) {
    Entry<?> entry = TABLE.get(type);
    return entry == null ? null : entry.config();
  }

  /** How to build the method that a section {@code method} describes. */
  public static MethodContext.Factory factory(MethodConfig settings) {
    Entry<?> entry = TABLE.get(settings.type());
    return context -> entry.create(settings, context);
  }
}
