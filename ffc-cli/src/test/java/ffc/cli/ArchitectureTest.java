package ffc.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import ffc.core.MethodConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The rules between modules. A rule whose subject has no classes fails, as ArchUnit's default. */
class ArchitectureTest {
  private static final JavaClasses PROGRAM =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("ffc");

  private static final String LOADERS = "ffc.loaders..";
  private static final String IDGROUP = "ffc.idgroup..";
  private static final String CORE = "ffc.core..";
  private static final String PFC = "ffc.pfc..";
  private static final String CLI = "ffc.cli..";

  @Test
  void everyModuleIsSeen() {
    for (String module : List.of("ffc.loaders", "ffc.idgroup", "ffc.core", "ffc.cli")) {
      assertThat(PROGRAM.stream().filter(c -> c.getPackageName().startsWith(module)))
          .as(module)
          .hasSizeGreaterThan(10);
    }
  }

  @Test
  void loadersKnowNoOtherModule() {
    noClasses()
        .that()
        .resideInAPackage(LOADERS)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(IDGROUP, CORE, PFC, CLI)
        .check(PROGRAM);
  }

  @Test
  void theGroupKnowsNoOtherModule() {
    noClasses()
        .that()
        .resideInAPackage(IDGROUP)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(LOADERS, CORE, PFC, CLI)
        .check(PROGRAM);
  }

  @Test
  void theCoreKnowsNoBaselineAndNoCommandLine() {
    noClasses()
        .that()
        .resideInAPackage(CORE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PFC, CLI)
        .check(PROGRAM);
  }

  @Test
  void baselinesKnowNoCommandLine() {
    noClasses()
        .that()
        .resideInAPackage(PFC)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(CLI)
        .allowEmptyShould(true) // the module may still be empty
        .check(PROGRAM);
  }

  @Test
  void eachBigLibraryHasOneHome() {
    onlyIn(List.of("ai.djl.."), CORE, PFC);
    onlyIn(List.of("com.hazelcast.."), IDGROUP);
    onlyIn(List.of("com.github.benmanes.caffeine..", "org.lmdbjava..", "net.razorvine.."), LOADERS);
    onlyIn(
        List.of("tools.jackson..", "picocli..", "com.networknt..", "com.github.victools.."), CLI);
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

  /** Two products of different speed would make comparisons of methods unfair. */
  @Test
  void lossesOfAllMethodsGoThroughOneProduct() {
    noClasses()
        .that()
        .resideInAnyPackage("ffc.core", "ffc.pfc")
        .should()
        .callMethodWhere(
            JavaCall.Predicates.target(
                HasName.Predicates.nameMatching("matMul|batchMatMul|batchDot")))
        .because("NativeOps.product is the one for them")
        .check(PROGRAM);
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
    return PROGRAM.get("ffc.core.Images").getMethodCallsToSelf().stream()
        .filter(call -> call.getName().equals(step))
        .map(call -> call.getOriginOwner().getName())
        .filter(name -> !name.endsWith("Test"))
        .collect(Collectors.toSet());
  }

  @Test
  void settingsOfMethodsAreRecords() {
    classes().that().implement(MethodConfig.class).should().beRecords().check(PROGRAM);
  }
}
