package ffc.runs.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.loss.MarginConfig;
import ffc.eval.EvaluateConfig;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a builder leaves out holds the default that the setting's text names. */
class BuildersTest {
  /** The ways in which texts name a default that is a value and not a sentence. */
  private static final List<Pattern> NAMED =
      List.of(
          Pattern.compile("\\(default (\\[[^\\]]*\\]|[^ )]+)\\)"),
          Pattern.compile("(\\d+) = [^;]*\\(default\\)"),
          Pattern.compile("([a-z0-9-]+) \\(default[),;]"));

  @Test
  void everySectionHasABuilderAndItsDefaultsAreThoseOfItsTexts() throws Exception {
    int compared = 0;
    for (Class<?> type : sections()) {
      Object section = ofDefaults(type);
      for (RecordComponent setting : type.getRecordComponents()) {
        Object value = setting.getAccessor().invoke(section);
        Optional<String> named = named(text(type, setting));
        boolean isValue =
            value != null && !value.getClass().isRecord() && canBe(value, named.orElse(""));
        if (isValue && named.isPresent() && !named.get().equals("none")) {
          assertThat(plain(value.toString()))
              .as("%s.%s", type.getName(), setting.getName())
              .isEqualTo(plain(named.get()));
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(50);
  }

  /**
   * The records of an experiment: its sections, their parts, the methods and margins of their
   * tables.
   */
  private static Set<Class<?>> sections() {
    Set<Class<?>> found = new LinkedHashSet<>();
    add(Experiment.class, found);
    add(EvaluateConfig.class, found);
    Methods.types().forEach(type -> add(Methods.config(type), found));
    MarginConfig.families().values().forEach(type -> add(type, found));
    return found;
  }

  private static void add(Class<?> type, Set<Class<?>> found) {
    if (type.isRecord() && found.add(type)) {
      for (RecordComponent part : type.getRecordComponents()) {
        add(part.getType(), found);
      }
    }
  }

  private static Object ofDefaults(Class<?> type) throws ReflectiveOperationException {
    Class<?> builder = Class.forName(type.getName().replace("$", "") + "Builder");
    return builder.getMethod("build").invoke(builder.getMethod("builder").invoke(null));
  }

  /** What stands before "(default)" may be the last word of a sentence. */
  private static boolean canBe(Object value, String named) {
    return !value.getClass().isEnum()
        || Arrays.toString(value.getClass().getEnumConstants()).matches(".*\\b" + named + "\\b.*");
  }

  private static String text(Class<?> type, RecordComponent setting) throws Exception {
    return type.getDeclaredField(setting.getName())
        .getAnnotation(JsonPropertyDescription.class)
        .value();
  }

  private static Optional<String> named(String text) {
    return NAMED.stream()
        .map(pattern -> pattern.matcher(text))
        .filter(Matcher::find)
        .map(found -> found.group(1))
        .findFirst();
  }

  /** Numbers in one form, a list of one as its element. */
  private static String plain(String value) {
    String text = value.replaceAll("^\\[|\\]$", "");
    return text.matches("-?[0-9]+([.][0-9]+)?([eE]-?[0-9]+)?")
        ? Double.toString(Double.parseDouble(text))
        : text;
  }
}
