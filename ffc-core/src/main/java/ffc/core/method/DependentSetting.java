package ffc.core.method;

import java.util.List;

/**
 * A setting that does something only beside some values of another one.
 *
 * @param setting such as {@code method.update.keep}
 * @param on the other setting, such as {@code method.update.type}
 * @param got its value in the experiment
 * @param wanted its values that make the setting work
 */
public record DependentSetting(String setting, String on, Object got, List<Object> wanted) {}
