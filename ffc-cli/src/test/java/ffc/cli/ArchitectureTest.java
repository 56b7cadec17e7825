package ffc.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import ffc.core.loss.MarginConfig;
import ffc.core.loss.MarginRule;
import ffc.core.method.Method;
import ffc.core.method.MethodConfig;
import ffc.core.net.Architecture;
import ffc.core.net.ModelConfig;
import ffc.exchange.GroupExchange;
import ffc.loaders.format.DataFormat;
import java.io.IOException;
import java.nio.Buffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of the house. A rule whose subject has no classes fails, as ArchUnit's default. */
class ArchitectureTest {
  static final JavaClasses PROGRAM =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("ffc");

  /** What the classes of a part may know, beside their own part and libraries. */
  private static final Map<String, List<String>> KNOWS = new LinkedHashMap<>();

  static {
    KNOWS.put("loaders", List.of());
    KNOWS.put("idgroup", List.of());
    KNOWS.put("exchange", List.of("idgroup"));
    KNOWS.put("formats", List.of());
    KNOWS.put("engine", List.of("formats"));
    KNOWS.put("eval", List.of("loaders", "engine", "formats"));
    KNOWS.put("core", List.of("loaders", "idgroup", "exchange", "engine", "formats", "eval"));
    KNOWS.put("pfc", with("core", KNOWS.get("core")));
    KNOWS.put("runs", with("pfc", KNOWS.get("pfc")));
    KNOWS.put("cli", with("runs", KNOWS.get("runs")));
  }

  /** Types that one look takes in. */
  private static final int FEW = 20;

  /** Packages with more, and why. */
  private static final Map<String, String> LARGE =
      Map.of("ffc.runs.experiment", "one class of rules for each section of an experiment");

  private static List<String> with(String one, List<String> others) {
    List<String> all = new ArrayList<>(others);
    all.add(one);
    return List.copyOf(all);
  }

  private static String part(JavaClass type) {
    return type.getPackageName().split("\\.")[1];
  }

  @Test
  void everyPartIsSeen() {
    assertThat(PROGRAM.stream().map(ArchitectureTest::part).collect(Collectors.toSet()))
        .isEqualTo(KNOWS.keySet());
  }

  @Test
  void partsKnowOnlyWhatIsBelowThem() {
    for (Map.Entry<String, List<String>> part : KNOWS.entrySet()) {
      String[] others =
          KNOWS.keySet().stream()
              .filter(other -> !other.equals(part.getKey()) && !part.getValue().contains(other))
              .map(other -> "ffc." + other + "..")
              .toArray(String[]::new);
      if (others.length > 0) {
        noClasses()
            .that()
            .resideInAPackage("ffc." + part.getKey() + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(others)
            .check(PROGRAM);
      }
    }
  }

  @Test
  void noPackagesKnowEachOther() {
    slices().matching("ffc.(**)").should().beFreeOfCycles().check(PROGRAM);
  }

  @Test
  void packagesAreSmallOrSayWhy() throws IOException {
    Map<String, Long> types = new TreeMap<>();
    // Files, not classes: nobody reads the builders that are generated.
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      files
          .map(Path::toString)
          .filter(
              file -> file.matches("../(?!examples|ffc-bench)[^/]+/src/main/java/ffc/.*[.]java"))
          .filter(file -> !file.endsWith("package-info.java"))
          .map(file -> file.replaceAll(".*/src/main/java/(.*)/[^/]*", "$1").replace('/', '.'))
          .forEach(name -> types.merge(name, 1L, Long::sum));
    }
    assertThat(types.keySet())
        .containsAll(PROGRAM.stream().map(JavaClass::getPackageName).collect(Collectors.toSet()));
    Set<String> large = new TreeSet<>();
    types.forEach(
        (name, count) -> {
          if (count > FEW) {
            large.add(name);
          }
        });
    assertThat(large).isEqualTo(LARGE.keySet());
  }

  @Test
  void everyPackageSaysWhatLivesThereAndWhatToOpenFirst() throws IOException {
    Set<String> packages =
        PROGRAM.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    Pattern sentence = Pattern.compile("[.] Open \\{@link (([\\w.]+)[.]\\w+)}");
    Set<String> told = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      for (Path file : files.filter(f -> f.endsWith("package-info.java")).toList()) {
        Matcher open = sentence.matcher(Files.readString(file).replaceAll("[\\s*]+", " "));
        String inside = file.toString().replaceAll(".*/src/main/java/(.*)/package-info.java", "$1");
        // The type is there, and lives there.
        if (open.find()
            && PROGRAM.contain(open.group(1))
            && open.group(2).equals(inside.replace('/', '.'))) {
          told.add(open.group(2));
        }
      }
    }
    assertThat(told).containsAll(packages);
  }

  @Test
  void eachBigLibraryHasOneHome() {
    onlyIn(List.of("ai.djl.."), "ffc.engine..", "ffc.eval..", "ffc.core..", "ffc.pfc..");
    onlyIn(List.of("com.hazelcast.."), "ffc.exchange.hazelcast..");
    onlyIn(List.of("com.github.benmanes.caffeine..", "com.sun.jna.."), "ffc.loaders..");
    onlyIn(List.of("org.apache.commons.compress.."), "ffc.loaders.photos.walk..");
    onlyIn(List.of("org.apache.parquet..", "io.airlift.."), "ffc.loaders.parquet..");
    onlyIn(List.of("ai.onnxruntime.."), "ffc.core.export..");
    onlyIn(List.of("picocli..", "me.tongfei.."), "ffc.cli..");
    onlyIn(List.of("com.networknt..", "com.github.victools.."), "ffc.runs.experiment..");
    onlyIn(List.of("tools.jackson.."), "ffc.loaders.tar..", "ffc.runs..", "ffc.cli..");
  }

  private static void onlyIn(List<String> libraries, String... homes) {
    noClasses()
        .that()
        .resideOutsideOfPackages(homes)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(libraries.toArray(String[]::new))
        .check(PROGRAM);
  }

  @Test
  void nobodyUsesWhatTheEngineDoesWrong() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("ai.djl.training.Trainer")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("ai.djl.training.EasyTrain")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("ai.djl.training.optimizer.Sgd")
        .because("its momentum folds the rate in, and its clipping clips one side")
        .check(PROGRAM);
  }

  /** Its default is the first GPU, if DJL sees one, whatever the settings say. */
  @Test
  void arraysLieOnADeviceThatSomeoneChose() {
    noClasses()
        .should()
        .callMethod(NDManager.class, "newBaseManager")
        .orShould()
        .callMethod(Engine.class, "newBaseManager")
        .because("managers are made with a device")
        .check(PROGRAM);
  }

  /** DJL leaves the copy that it makes of a GPU's array to the array's manager. */
  @Test
  void arraysAreReadInOnePlace() {
    noClasses()
        .that()
        .resideInAnyPackage("ffc.engine..", "ffc.core..", "ffc.pfc..", "ffc.runs..")
        .and()
        .doNotHaveSimpleName("HostReads")
        .and()
        // Memory of arrays of the CPU, which stays theirs.
        .doNotHaveSimpleName("GroupMatrix")
        .and()
        .doNotHaveSimpleName("NativeBuffers")
        .should()
        .callMethodWhere(
            describe(
                "a method that reads an array",
                call ->
                    call.getTargetOwner().isAssignableTo(NDArray.class)
                        && call.getName()
                            .matches("to\\w*Array|toByteBuffer|get(Float|Double|Long|Int)")))
        .because("HostReads frees what a read leaves behind")
        .check(PROGRAM);
  }

  /** Where values are copied, and what happens to them on the way to a GPU, is said once. */
  @Test
  void valuesOfTheHostReachTheDeviceInOneWay() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("ffc.engine.Upload")
        .should()
        .callMethodWhere(
            describe(
                "copies values of the host into an array",
                call ->
                    (call.getName().equals("create") && isOf(NDManager.class, call)
                            || call.getName().equals("set") && isOf(NDArray.class, call))
                        && call.getTarget().getRawParameterTypes().stream()
                            .anyMatch(type -> type.isArray() || type.isAssignableTo(Buffer.class))))
        .because("Upload is the one way")
        .check(PROGRAM);
  }

  private static boolean isOf(Class<?> owner, JavaCall<?> call) {
    return call.getTargetOwner().isAssignableTo(owner);
  }

  /** Two products of different speed would make comparisons of methods unfair. */
  @Test
  void lossesOfAllMethodsGoThroughOneProduct() {
    noClasses()
        .that()
        .resideInAnyPackage("ffc.core..", "ffc.pfc..")
        .and()
        .resideOutsideOfPackage("ffc.core.net..")
        .should()
        .callMethodWhere(
            JavaCall.Predicates.target(
                HasName.Predicates.nameMatching("matMul|batchMatMul|batchDot")))
        .because("NativeOps.product is the one for them")
        .check(PROGRAM);
  }

  /** The order of additions decides the last bits, and how fast a row is. */
  @Test
  void rowsOfTheHostAreMultipliedInOnePlace() throws IOException {
    Pattern product = Pattern.compile("\\+= (\\(double\\) )?\\w+\\[[^]]*] \\* \\w+\\[[^]]*];");
    Set<String> places = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      for (Path file :
          files
              .filter(
                  f ->
                      f.toString()
                          .matches(
                              "../(ffc-(engine|eval|core|runs)|pfc-baseline)/src/main/.*[.]java"))
              .toList()) {
        if (product.matcher(Files.readString(file)).find()) {
          places.add(file.getFileName().toString());
        }
      }
    }
    // TailSweep asks whether the engine multiplies whole numbers soundly.
    assertThat(places).containsExactly("InnerProduct.java", "TailSweep.java");
  }

  /**
   * Values that lie in another layout go through other kernels, whose results differ in rounding.
   */
  @Test
  void imagesReachNetworksInOneWay() {
    assertThat(callersOf("upload")).isNotEmpty();
    assertThat(callersOf("normalised")).containsAll(callersOf("upload"));
  }

  private static Set<String> callersOf(String step) {
    return PROGRAM.get("ffc.core.net.Images").getMethodCallsToSelf().stream()
        .filter(call -> call.getName().equals(step))
        .map(call -> call.getOriginOwner().getName())
        .filter(name -> !name.endsWith("Test"))
        .collect(Collectors.toSet());
  }

  /** What asks for one kind of a port has to be changed for the next one. */
  @Test
  void nobodyAsksWhichKindOfAPortSomethingIs() {
    for (Class<?> port :
        List.of(
            MethodConfig.class,
            Method.class,
            MarginConfig.class,
            MarginRule.class,
            DataFormat.class,
            Architecture.class,
            GroupExchange.class)) {
      Set<String> asked =
          PROGRAM.stream()
              .flatMap(type -> type.getInstanceofChecks().stream())
              .filter(
                  check ->
                      check.getRawType().isAssignableTo(port)
                          && !check
                              .getRawType()
                              .getPackageName()
                              .equals(check.getOwner().getOwner().getPackageName()))
              .map(
                  check ->
                      check.getOwner().getOwner().getName() + " asks for " + check.getRawType())
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(asked).as(port.getSimpleName()).isEmpty();
    }
  }

  /** The tables of ports: who else names one of their lines has to be changed for the next one. */
  private static final Map<Class<?>, List<String>> TABLES =
      Map.of(
          MethodConfig.class, List.of("ffc.runs.experiment.Methods"),
          Method.class, List.of("ffc.runs.experiment.Methods"),
          MarginConfig.class, List.of(),
          MarginRule.class, List.of(),
          DataFormat.class, List.of(),
          Architecture.class, List.of());

  @Test
  void onlyTheTableOfAPortNamesWhatIsInIt() {
    TABLES.forEach(
        (port, tables) -> {
          Set<String> kinds =
              PROGRAM.stream()
                  .filter(type -> type.isAssignableTo(port) && !type.isInterface())
                  .map(JavaClass::getName)
                  .collect(Collectors.toSet());
          assertThat(kinds).as(port.getSimpleName()).hasSizeGreaterThan(1);
          Set<String> named = new TreeSet<>();
          for (JavaClass type : PROGRAM) {
            for (Dependency on : type.getDirectDependenciesFromSelf()) {
              JavaClass kind = on.getTargetClass().getBaseComponentType();
              if (kinds.contains(kind.getName())
                  && !kind.getPackageName().equals(type.getPackageName())
                  && !tables.contains(type.getName())) {
                named.add(type.getName() + " names " + kind.getName());
              }
            }
          }
          assertThat(named).as(port.getSimpleName()).isEmpty();
        });
  }

  /** The same for backbones, whose table is an enum. */
  @Test
  void onlyNetworksNameABackbone() {
    noClasses()
        .that()
        .resideOutsideOfPackage("ffc.core.net..")
        .should()
        .accessFieldWhere(
            describe(
                "is a line of the table of backbones",
                access -> access.getTargetOwner().isEquivalentTo(ModelConfig.Backbone.class)))
        .check(PROGRAM);
  }

  @Test
  void settingsOfMethodsAreRecords() {
    classes().that().implement(MethodConfig.class).should().beRecords().check(PROGRAM);
  }
}
