package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

class SharedOptionsTest {
  /** The page has a name of its own unless it is given another. */
  private static final String ELSEWHERE = "ffc runs compare --out";

  @Test
  void anOptionOfSeveralCommandsIsOneTypeAndReadsTheSame() {
    Map<String, Set<String>> texts = new TreeMap<>();
    List<String> own = new ArrayList<>();
    for (CommandLine command : all(Main.commandLine())) {
      for (OptionSpec option : command.getCommandSpec().options()) {
        String name = option.longestName();
        String place = command.getCommandSpec().qualifiedName() + " " + name;
        if (!Set.of("--set", "--out", "--data", "--format", "--checkpoint").contains(name)
            || place.equals(ELSEWHERE)) {
          continue;
        }
        Class<?> home = ((Field) option.userObject()).getDeclaringClass();
        texts
            .computeIfAbsent(home.getName() + " " + name, unused -> new TreeSet<>())
            .add(option.paramLabel() + ": " + String.join(" ", option.description()));
        if (!home.getPackageName().equals("ffc.cli.options")) {
          own.add(place);
        }
      }
    }
    assertThat(own).as("options that a type of ffc.cli.options has already").isEmpty();
    assertThat(texts).hasSizeGreaterThan(5);
    assertThat(texts.values()).allSatisfy(each -> assertThat(each).hasSize(1));
  }

  /** Without one, help says {@code --seed=<seed>}. */
  @Test
  void everyValueHasALabelAndEveryDefaultReadsAsItIsTyped() {
    for (CommandLine command : all(Main.commandLine())) {
      for (ArgSpec argument : command.getCommandSpec().args()) {
        String place = command.getCommandSpec().qualifiedName() + " " + argument.paramLabel();
        if (argument.arity().max() > 0) {
          assertThat(argument.paramLabel()).as(place).doesNotContain("<");
        }
        assertThat(String.join(" ", argument.renderedDescription()))
            .as(place)
            .doesNotContain("default [");
      }
    }
  }

  private static List<CommandLine> all(CommandLine top) {
    List<CommandLine> found = new ArrayList<>(List.of(top));
    top.getSubcommands().values().forEach(sub -> found.addAll(all(sub)));
    return found;
  }
}
