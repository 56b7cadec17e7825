package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.docs.ClonedProject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pack, run without the JDK it was made by. What it trains beside a PyTorch, in a root of its
 * own, {@code bench/pack_check.sh} shows.
 */
@Tag("faults")
class PackTest {
  @TempDir Path temp;

  @Test
  void aPackRunsOnItsOwnJavaIsMadeWholeAndIsNotPackedAgain() throws Exception {
    ClonedProject clone = ClonedProject.in(temp);
    Path pack = temp.resolve("my/ffc");
    ClonedProject.Result made = clone.run("./ffc pack --out my/ffc");
    assertThat(made.code()).as(made.text()).isZero();
    assertThat(made.text()).containsPattern("packed my/ffc: [0-9]+ MB; there: FFC_TORCH=python3 ");
    for (String file :
        List.of(
            "ffc",
            "jre/bin/java",
            "jre/include/jni.h",
            "program/ffc-cli.jar",
            "natives/bridge.cpp",
            "configs/quickstart.yaml",
            "data/quickstart/train.rec",
            "COMMIT",
            "LICENSE")) {
      assertThat(pack.resolve(file)).isRegularFile();
    }
    assertThat(names(pack.getParent())).containsExactly("ffc");
    assertThat(names(pack.resolve("program/lib")))
        .noneMatch(name -> name.matches("pytorch-(native|jni).*|onnxruntime.*"));

    // An engine that is not there is not asked for.
    Map<String, String> engine = Map.of("PYTORCH_LIBRARY_PATH", temp.toString());
    String bare = "cd my/ffc && unset JAVA_HOME && PATH=/usr/bin:/bin ./ffc ";
    ClonedProject.Result checked = clone.run(bare + "config check configs/quickstart.yaml", engine);
    assertThat(checked.code()).as(checked.text()).isZero();
    assertThat(checked.text()).contains("quickstart.yaml: ok (quickstart)");
    ClonedProject.Result again = clone.run(bare + "pack --out ../other", engine);
    assertThat(again.code()).as(again.text()).isEqualTo(2);
    assertThat(again.text()).contains("is packed already: copy it as it is");
    assertThat(clone.run(bare + "--version", Map.of()).text()).contains("no PyTorch of its own");

    ClonedProject.Result full = clone.run("./ffc pack --out my/ffc");
    assertThat(full.code()).isEqualTo(2);
    assertThat(full.text())
        .contains("--out my/ffc: holds files, such as ")
        .doesNotContain("packing");
    assertThat(names(pack.getParent())).containsExactly("ffc");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
