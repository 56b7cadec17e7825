package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which native methods of DJL the program may reach: whatever a call of its classes leads to within
 * DJL, where a call of a type's method leads to those of all its subtypes.
 */
class ReachedNativesTest {
  private static final String DJL = "ai.djl";
  private static final String NATIVES = "ai.djl.pytorch.jni.PyTorchLibrary";

  private final Map<String, List<JavaCodeUnit>> bySignature = new HashMap<>();
  private final Map<JavaCodeUnit, String> callers = new HashMap<>();
  private final Deque<JavaCodeUnit> toFollow = new ArrayDeque<>();

  @Test
  void theBridgeHasAllThatTheProgramMayReach() throws Exception {
    List<JavaClass> classes = new ArrayList<>();
    // What DJL itself needs beside is not looked for: it takes most of the time.
    ArchConfiguration.withThreadLocalScope(
        configuration -> {
          configuration.setResolveMissingDependenciesFromClassPath(false);
          new ClassFileImporter().importPackages("ffc", DJL).forEach(classes::add);
        });
    for (JavaClass type : classes) {
      for (JavaCodeUnit unit : type.getCodeUnits()) {
        bySignature.computeIfAbsent(signature(unit), none -> new ArrayList<>()).add(unit);
      }
    }
    classes.stream()
        .filter(type -> type.getPackageName().startsWith("ffc."))
        .flatMap(type -> type.getCodeUnits().stream())
        .forEach(this::follow);
    while (!toFollow.isEmpty()) {
      follow(toFollow.poll());
    }
    Map<String, String> reached = new TreeMap<>();
    callers.forEach(
        (unit, caller) -> {
          if (unit.getOwner().getName().equals(NATIVES)) {
            reached.put(unit.getName(), caller);
          }
        });

    assertThat(reached).as("natives and who calls them").hasSizeGreaterThan(80);
    reached.keySet().removeAll(ofTheBridge());
    assertThat(reached.keySet()).as("reached by way of %s", reached).isEmpty();
  }

  private void follow(JavaCodeUnit unit) {
    unit.getAccessesFromSelf().stream()
        .filter(access -> access.getTargetOwner().getPackageName().startsWith(DJL))
        .filter(access -> access instanceof JavaCodeUnitAccess)
        .map(access -> ((JavaCodeUnitAccess<?>) access).getTarget())
        .forEach(target -> reach(target, unit.getFullName()));
  }

  private void reach(CodeUnitAccessTarget target, String caller) {
    JavaClass owner = target.getOwner();
    String signature = target.getName() + names(target.getRawParameterTypes());
    for (JavaCodeUnit unit : bySignature.getOrDefault(signature, List.of())) {
      JavaClass type = unit.getOwner();
      if (type.isAssignableTo(owner.getName()) || owner.isAssignableTo(type.getName())) {
        if (callers.putIfAbsent(unit, caller) == null) {
          toFollow.add(unit);
        }
      }
    }
  }

  private static String signature(JavaCodeUnit unit) {
    return unit.getName() + names(unit.getRawParameterTypes());
  }

  private static List<String> names(List<JavaClass> types) {
    return types.stream().map(JavaClass::getName).toList();
  }

  private static Set<String> ofTheBridge() throws Exception {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("../natives"))) {
      for (Path file : files.filter(file -> file.toString().endsWith(".h")).toList()) {
        Matcher row = Pattern.compile(">\\(\\s*\"(\\w+)\"\\)").matcher(Files.readString(file));
        while (row.find()) {
          names.add(row.group(1));
        }
      }
    }
    return names;
  }
}
