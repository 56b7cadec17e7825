package ffc.core.method;

import java.util.List;
import java.util.function.Supplier;

/**
 * Something that must hold between settings.
 *
 * @param setting where a mistake is reported, such as {@code method.capacity}
 * @param mistake what is wrong: got, wanted, how to mend it; null if all is well. Only asked if
 *     every setting that it reads is sound by itself
 * @param reads further settings that it reads
 * @param known where the setting is a text out of a few: these, and {@code mistake} gives the text
 *     itself; empty otherwise
 */
public record SettingCheck(
    String setting, Supplier<String> mistake, List<String> reads, List<String> known) {

  /** A check of a setting against others. */
  public static SettingCheck of(String setting, Supplier<String> mistake, String... reads) {
    return new SettingCheck(setting, mistake, List.of(reads), List.of());
  }

  /** A check that a text is one of a few. */
  public static SettingCheck oneOf(String setting, Supplier<String> text, List<String> known) {
    return new SettingCheck(setting, text, List.of(), known);
  }
}
