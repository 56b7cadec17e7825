package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher script on made-up machines: a copy of it, a folder as PATH with only the tools that
 * the machine has, and a Maven that notes that it was called and leaves a jar.
 */
class LauncherTest {
  private static final List<String> BASICS =
      List.of(
          "bash",
          "env",
          "readlink",
          "dirname",
          "sed",
          "find",
          "flock",
          "date",
          "mkdir",
          "touch",
          "cp",
          "ln",
          "ls",
          "head",
          "rm",
          "mv",
          "grep",
          "cat",
          "tail",
          "sleep");

  @TempDir Path temp;
  private Path home;
  private Path bin;
  private Path launcher;
  private final Map<String, String> environment = new HashMap<>();

  private record Result(int code, String err, String out) {}

  @BeforeEach
  void makeAMachine() throws IOException {
    home = Files.createDirectories(temp.resolve("home"));
    launcher = home.resolve("ffc");
    Files.copy(Path.of("../ffc"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
    for (String module :
        List.of(
            "loaders",
            "idgroup",
            "ffc-engine",
            "ffc-eval",
            "ffc-core",
            "pfc-baseline",
            "ffc-runs",
            "ffc-cli")) {
      Files.createDirectories(home.resolve(module).resolve("src/main"));
      Files.createFile(home.resolve(module).resolve("pom.xml"));
    }
    Files.createFile(home.resolve("pom.xml"));
    bin = Files.createDirectories(temp.resolve("bin"));
    for (String tool : BASICS) {
      // Scripts, as links that lead out of a temporary folder make JUnit warn when it is deleted.
      Path real = Path.of("/usr/bin", tool);
      script(tool, "exec " + (Files.exists(real) ? real : Path.of("/bin", tool)) + " \"$@\"");
    }
    script("uname", "echo Linux x86_64");
  }

  @Test
  void withoutJavaItSaysWhatToInstall() throws Exception {
    assertThat(launch()).satisfies(r -> refused(r, "no java found: install a JDK 17 or newer"));

    environment.put("JAVA_HOME", temp.resolve("gone").toString());
    assertThat(launch()).satisfies(r -> refused(r, "has no bin/java"));
  }

  @Test
  void anOldJavaIsRefused() throws Exception {
    jdk("11.0.2");

    assertThat(launch()).satisfies(r -> refused(r, "is Java 11: install a JDK 17 or newer"));
  }

  @Test
  void aPlatformWithoutNativesIsRefused() throws Exception {
    jdk("17.0.1");
    script("uname", "echo Darwin arm64");

    assertThat(launch()).satisfies(r -> refused(r, "no native engine for Darwin arm64"));
  }

  @Test
  void withoutMavenOrWithAnOldOneItSaysWhatToInstall() throws Exception {
    jdk("17.0.1");
    assertThat(launch())
        .satisfies(r -> refused(r, "no mvn found, the first start needs Maven 3.8"));

    script("mvn", "echo 'Apache Maven 3.6.3 (x)'");
    assertThat(launch()).satisfies(r -> refused(r, "Maven 3.6 is too old: install Maven 3.8"));
  }

  @Test
  void buildsOnceAndAgainOnlyWhenSourcesChanged() throws Exception {
    jdk("21.0.1");
    maven("");

    Result first = launch("config", "check");
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.err().lines()).hasSize(1).first().asString().contains("building the program");
    assertThat(first.out()).contains("ffc-cli.jar ffc.cli.Main config check");
    assertThat(launch().err()).isEmpty();
    assertThat(builds()).isEqualTo(1);

    Files.writeString(home.resolve("loaders/src/main/New.java"), "class New {}");
    assertThat(launch().err()).contains("building the program");
    assertThat(builds()).isEqualTo(2);
  }

  /** There is neither java nor Maven on the machine. */
  @Test
  void aPackedFolderBringsItsJavaAndWantsAPyTorchOfTheMachine() throws Exception {
    Files.createDirectories(home.resolve("program"));
    Files.createFile(home.resolve("program/ffc-cli.jar"));
    assertThat(launch().err()).contains("is not whole", "jre/bin/java is missing");

    Files.createDirectories(home.resolve("jre/bin"));
    executable(home.resolve("jre/bin/java"), "env; echo \"$@\"");
    assertThat(launch("train"))
        .satisfies(
            r -> refused(r, "a packed program has no PyTorch of its own: FFC_TORCH=python3"));
    Result doctor = launch("doctor");
    assertThat(doctor.code()).as(doctor.err()).isZero();
    assertThat(doctor.out()).contains("FFC_TORCH_PROBLEM=a packed program has no PyTorch");

    environment.put("PYTORCH_LIBRARY_PATH", temp.toString());
    Result result = launch("config", "check");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .contains("-Djna.library.path=" + home + "/jre/lib")
        .contains("-cp " + home + "/program/ffc-cli.jar ffc.cli.Main config check");
  }

  /** The build goes on until the launcher has told of it; without a word it fails after a while. */
  @Test
  void aLongBuildGivesASignOfLife() throws Exception {
    jdk("17");
    Path said = temp.resolve("said");
    maven(
        """
        echo '[INFO] Building FFC core: networks, losses 0.1.0      [6/10]'
        echo 'Downloaded from central: a.jar'; echo 'Downloaded from central: b.jar'
        for i in {1..600}; do grep -q fetched %s && exit; sleep 0.1; done
        exit 1"""
            .formatted(said));
    Result result = finish(limited("exec 2>" + said));
    assertThat(Files.readString(said))
        .containsPattern("ffc: building for \\d+ s, 2 files fetched, now FFC core \\(6/10\\)\n");
    assertThat(result.code()).isZero();
  }

  @Test
  void twoLaunchesAtTheSameTimeBuildOnce() throws Exception {
    jdk("17");
    maven("");

    Process one = start();
    Process two = start();

    assertThat(finish(one).code()).isZero();
    assertThat(finish(two).code()).isZero();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aFailedBuildShowsItsErrorsAndIsTriedAgain() throws Exception {
    jdk("17");
    maven("echo '[ERROR] Foo.java:[3,4] broken'; exit 1");

    Result result = launch();
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .contains("[ERROR] Foo.java:[3,4] broken", "the build failed; all of it");
    maven("");
    assertThat(launch().code()).isZero();
  }

  @Test
  void ownJvmOptionsComeLastAndTheAllocatorIsSet() throws Exception {
    jdk("17");
    maven("");
    environment.put("FFC_JAVA_OPTS", "-Xmx9g -XX:+UseG1GC");

    assertThat(launch().out())
        .containsPattern("-Xmx\\d+m .*-Xmx9g -XX:\\+UseG1GC -cp")
        .doesNotContain("UseSerialGC")
        .contains(
            "MALLOC_ARENA_MAX=1",
            "MALLOC_MMAP_THRESHOLD_=1073741824",
            "GOMP_SPINCOUNT=1000",
            "OPT_OUT_TRACKING=true");
  }

  @Test
  void anOptionThatJavaDoesNotKnowIsOneLine() throws Exception {
    jdk("17");
    maven("");
    Files.delete(temp.resolve("jdk/bin/java"));
    executable(
        temp.resolve("jdk/bin/java"),
        """
        if [[ "$*" == *-Xmx8gg*' -version' ]]; then
          echo 'Error: Invalid maximum heap size: -Xmx8gg' >&2
          echo 'Error: Could not create the Java Virtual Machine.' >&2
          exit 1
        fi
        echo "$@\"""");
    environment.put("FFC_JAVA_OPTS", "-Xmx8gg");
    Result result = launch();
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err().lines().filter(line -> !line.contains("building")))
        .containsExactly(
            "ffc: FFC_JAVA_OPTS=\"-Xmx8gg\": Invalid maximum heap size: -Xmx8gg; wanted options of"
                + " java, such as -Xmx8g");
    environment.put("FFC_JAVA_OPTS", "-Xmx8g");
    assertThat(launch().out()).contains(" -Xmx8g");
  }

  @Test
  void withoutALocaleOrWithOneThatIsNotInstalledNamesAreUtf8() throws Exception {
    jdk("17");
    maven("");
    assertThat(launch().out()).contains("LC_ALL=C.UTF-8");
    environment.put("LANG", "de_DE.UTF-8");
    assertThat(launch().out()).contains("LANG=de_DE.UTF-8").doesNotContain("LC_ALL=");
    environment.put("LC_ALL", "POSIX");
    assertThat(launch().out()).contains("LC_ALL=C.UTF-8");

    environment.remove("LC_ALL");
    script("locale", "echo ANSI_X3.4-1968");
    assertThat(launch().out()).contains("LC_ALL=C.UTF-8");
    script("locale", "echo ISO-8859-1");
    assertThat(launch().out()).doesNotContain("LC_ALL=");
  }

  @Test
  void tooFewOpenFilesAreRefused() throws Exception {
    jdk("17");
    maven("");
    assertThat(launch().code()).isZero();

    assertThat(finish(limited("ulimit -n 40")))
        .satisfies(r -> refused(r, "only 40 files may be open at a time here"));
    assertThat(finish(limited("ulimit -n 256")).code()).isZero();
  }

  @Test
  void aBarIsForTerminalsThatCanDrawOne() throws Exception {
    jdk("17");
    maven("");
    // script(1) gives its command a terminal.
    String onTerminal = "exec /usr/bin/script -qec '/bin/bash " + launcher + "' /dev/null";
    environment.put("TERM", "xterm");
    assertThat(finish(limited(onTerminal)).out()).contains("-Dffc.terminal=");
    environment.put("TERM", "dumb");
    assertThat(finish(limited(onTerminal)).out()).doesNotContain("-Dffc.terminal=").contains("-cp");
  }

  /** The launcher in a shell that has run a command before. */
  private Process limited(String before) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/bash", "-c", before + "; exec /bin/bash " + launcher)
            .directory(temp.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static void refused(Result result, String reason) {
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).startsWith("ffc: ").contains(reason);
  }

  /** A JDK whose java prints its environment and arguments. */
  private void jdk(String version) throws IOException {
    Path jdk = Files.createDirectories(temp.resolve("jdk/bin")).getParent();
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    executable(jdk.resolve("bin/java"), "env; echo \"$@\"");
    executable(jdk.resolve("bin/javac"), "");
    environment.put("JAVA_HOME", jdk.toString());
  }

  private void maven(String last) throws IOException {
    Files.deleteIfExists(bin.resolve("mvn"));
    script(
        "mvn",
        """
        if [[ $1 == --version ]]; then echo 'Apache Maven 3.9.1 (x)'; exit; fi
        echo build >> %s/builds
        mkdir -p ffc-cli/target/lib && touch ffc-cli/target/ffc-cli.jar ffc-cli/target/lib/a-1.jar
        %s"""
            .formatted(temp, last));
  }

  private long builds() throws IOException {
    return Files.readAllLines(temp.resolve("builds")).size();
  }

  private void script(String name, String body) throws IOException {
    Files.deleteIfExists(bin.resolve(name));
    executable(bin.resolve(name), body);
  }

  private static void executable(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + body + "\n", StandardCharsets.UTF_8);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Result launch(String... arguments) throws Exception {
    return finish(start(arguments));
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("/bin/bash", launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(temp.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Result finish(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), err, out);
  }
}
