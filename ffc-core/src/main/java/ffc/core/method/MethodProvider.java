package ffc.core.method;

import java.util.List;
import java.util.function.BiFunction;

/**
 * A method that experiments may name. Those of this project stand in the method table; others are
 * found on the class path as services ({@code META-INF/services/ffc.core.method.MethodProvider}).
 *
 * @param <C> its settings
 */
public interface MethodProvider<C extends MethodConfig> {
  /** What {@code method.type} says: lower case, digits and dashes. */
  String type();

  /**
   * The record of its settings: every component nullable and filled with its default by the
   * constructor, the first of them {@code type}; annotations say bounds and text of the schema.
   */
  Class<C> config();

  /** Builds the method; a failing constructor leaves nothing open. */
  Method create(C config, MethodContext context);

  /** Settings that {@code ffc plan} shows beside those of an experiment. */
  List<C> variants();

  /** A provider put together from its parts. */
  record Of<C extends MethodConfig>(
      String type,
      Class<C> config,
      BiFunction<C, MethodContext, Method> constructor,
      List<C> variants)
      implements MethodProvider<C> {
    @Override
    public Method create(C settings, MethodContext context) {
      return constructor.apply(settings, context);
    }
  }
}
