package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.properties.HasName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What pages say of the code is what the code says. */
class ArchitecturePageTest {
  private static final Path PAGE = Path.of("../docs/architecture.md");

  /** {@code package.Type.member}, of which a page may leave out the package and the member. */
  private static final Pattern NAME =
      Pattern.compile(
          "`((?:[a-z]\\w*\\.)*)([A-Z]\\w*[a-z]\\w*(?:\\.[A-Z]\\w*)*)(?:\\.([a-z]\\w*))?(?:\\(.*?\\))?`");

  /** Names on the pages that others have given. */
  private static final Set<String> FOREIGN = Set.of("IllegalArgumentException", "LinkedHashMap");

  private record Name(String text, String packages, String type, String member) {
    static Name of(MatchResult found) {
      String packages = Optional.ofNullable(found.group(1)).orElse("");
      return new Name(found.group(), packages, found.group(2), found.group(3));
    }

    List<JavaClass> types() {
      String ending = packages + type.replace('.', '$');
      return ArchitectureTest.PROGRAM.stream()
          .filter(
              known ->
                  ("." + known.getName()).endsWith("." + ending)
                      || packages.isEmpty() && known.getName().endsWith("$" + type))
          .toList();
    }

    boolean stands() {
      return types().stream()
          .anyMatch(
              known ->
                  member == null
                      || Stream.concat(
                              known.getAllMethods().stream(), known.getAllFields().stream())
                          .map(HasName::getName)
                          .anyMatch(member::equals));
    }

    /** The types with what they are made of: outer and inner ones, and those that they extend. */
    Set<String> family() {
      Set<String> family = new HashSet<>();
      for (JavaClass known : types()) {
        Stream.concat(Stream.of(known), known.getAllRawSuperclasses().stream())
            .forEach(one -> family.add(one.getName()));
        known.getAllRawInterfaces().forEach(one -> family.add(one.getName()));
      }
      family.removeIf(one -> !one.startsWith("ffc."));
      return family;
    }

    boolean knows(Name other) {
      Set<String> theirs = other.family();
      return ArchitectureTest.PROGRAM.stream()
          .filter(one -> family().contains(one.getName().replaceAll("\\$.*", "")))
          .flatMap(one -> one.getDirectDependenciesFromSelf().stream())
          .map(Dependency::getTargetClass)
          .anyMatch(target -> theirs.contains(target.getName().replaceAll("\\$.*", "")));
    }
  }

  private static List<Name> names(String text) {
    List<Name> names = new ArrayList<>();
    Matcher matcher = NAME.matcher(text.replaceAll("(?s)```.*?```", ""));
    while (matcher.find()) {
      names.add(Name.of(matcher.toMatchResult()));
    }
    return names;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "README.md",
        "CONTRIBUTING.md",
        "docs/api.md",
        "docs/architecture.md",
        "docs/checkpoints.md",
        "docs/cluster.md",
        "docs/data.md",
        "docs/evaluation.md",
        "docs/methods.md",
        "docs/testing.md",
        "examples/method/README.md",
        "examples/training/README.md"
      })
  void everyTypeThatAPageNamesIsThere(String page) throws IOException {
    Set<String> tests = new HashSet<>();
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      files
          .map(Path::toString)
          .filter(file -> file.matches(".*/(src/test|examples)/.*[.]java"))
          .forEach(file -> tests.add(file.replaceAll(".*/(.*)[.]java", "$1")));
    }
    assertThat(names(Files.readString(Path.of("..", page))))
        .allMatch(
            name -> FOREIGN.contains(name.type()) || tests.contains(name.type()) || name.stands());
  }

  @Test
  void eachStopOfAWalkKnowsTheNextOrIsKnownByIt() throws IOException {
    String page = Files.readString(PAGE);
    String section = page.substring(page.indexOf("## Three walks"), page.indexOf("## Ports"));
    List<String> walks =
        Stream.of(section.split("\n\n")).filter(part -> part.startsWith("**")).toList();
    assertThat(walks).hasSize(3);
    for (String walk : walks) {
      String[] stops = walk.substring(walk.indexOf("**\n")).split("→", -1);
      assertThat(stops).as(walk).hasSizeBetween(5, 10);
      for (int i = 0; i + 1 < stops.length; i++) {
        Name here = names(stops[i]).get(0);
        Name next = names(stops[i + 1]).get(0);
        assertThat(here.knows(next) || next.knows(here))
            .as("%s → %s", here.text(), next.text())
            .isTrue();
      }
    }
  }
}
