package ffc.core.method;

/**
 * Section {@code method} of an experiment. Each method brings its own record; the command line's
 * method table maps {@code method.type} to the record and to the constructor of the method.
 */
public interface MethodConfig {
  /** Name of the method as {@code method.type} writes it. */
  String type();
}
