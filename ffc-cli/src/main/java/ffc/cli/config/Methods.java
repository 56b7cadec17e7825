package ffc.cli.config;

import ffc.core.Ffc;
import ffc.core.FfcConfig;
import ffc.core.Method;
import ffc.core.MethodConfig;
import ffc.core.MethodContext;
import ffc.pfc.DynamicClassQueue;
import ffc.pfc.DynamicClassQueueConfig;
import ffc.pfc.PartialFc;
import ffc.pfc.PartialFcConfig;
import ffc.pfc.Triplet;
import ffc.pfc.TripletConfig;
import ffc.pfc.VirtualFc;
import ffc.pfc.VirtualFcConfig;
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
