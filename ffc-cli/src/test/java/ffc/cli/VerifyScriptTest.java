package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.MadeUpMachine.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When {@code natives/verify} tests through another PyTorch, and what it takes for a failure. */
class VerifyScriptTest {
  private static final String NOT_TESTED =
      "natives/verify: not tested through another PyTorch than Maven's: ";

  @TempDir Path temp;
  private MadeUpMachine machine;

  @BeforeEach
  void aCloneOnAMachineWithTorch() throws IOException {
    machine = new MadeUpMachine(temp);
    machine.environment.remove("FFC_TORCH");
    for (String tool : List.of("awk", "tee", "timeout", "printenv")) {
      machine.script(tool, "exec /usr/bin/" + tool + " \"$@\"");
    }
    machine.python("[[ $2 != *CDLL* ]] || exit 0; echo torch:" + machine.torch);
    machine.script("mvn", "echo \"$PYTORCH_LIBRARY_PATH $*\" >> " + calls());
    program("45.544008", "45.544010");
  }

  /** A program that notes its calls and leaves runs with a loss. */
  private void program(String mavens, String bridged) throws IOException {
    MadeUpMachine.program(
        temp.resolve("ffc"),
        """
        echo "ffc $FFC_TORCH $*" >> %s
        if [[ $* == *"--trainers 2"* ]]; then
          echo "cluster: gradients are added up by gloo of PyTorch 2.13.0"
        fi
        while [[ $# -gt 0 && $1 != --out ]]; do shift; done
        [[ $# -gt 0 ]] || exit 0
        mkdir -p "$2"
        loss=$([[ $FFC_TORCH ]] && echo %s || echo %s)
        echo '{"step":1,"loss":'$loss',"rate":1}' > "$2/steps.jsonl"
        echo '  "natives_folder" : "%s/lib",' > "$2/manifest.json"
        """
            .formatted(calls(), bridged, mavens, machine.torch));
  }

  private Path calls() {
    return temp.resolve("calls");
  }

  @Test
  void theSuitesAndTheCommandsRunThroughTheTorchOfPython3() throws Exception {
    Result result = machine.run("verify");

    assertThat(result.code()).as(result.err()).isZero();
    List<String> calls = Files.readAllLines(calls());
    assertThat(calls.get(0))
        .startsWith(temp.resolve("cache/ffc/natives/2.13.0-").toString())
        .contains(" test -pl ffc-engine,ffc-core,pfc-baseline -am ");
    assertThat(calls.get(1)).startsWith("ffc  train");
    assertThat(calls.subList(2, calls.size()).stream().map(call -> call.split(" ")[2]).toList())
        .containsExactly("train", "export", "export", "import", "eval", "train");
    assertThat(calls.subList(2, calls.size())).allMatch(call -> call.startsWith("ffc python3 "));
  }

  @Test
  void aFirstLossThatDiffersIsAFailure() throws Exception {
    program("45.544008", "45.544108");
    Result result = machine.run("verify");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .contains("the loss of the first step is 45.544108, with Maven's natives 45.544008");
    program("45.544008", "45.543908");
    Result smaller = machine.run("verify");
    assertThat(smaller.code()).isEqualTo(1);
    assertThat(smaller.err()).contains("the loss of the first step is 45.543908");
  }

  @Test
  void aRunThroughOtherNativesAndTrainersThatDoNotAddUpByGlooAreFailures() throws Exception {
    Path program = temp.resolve("ffc");
    String sound = Files.readString(program);
    MadeUpMachine.program(program, sound.replace(machine.torch + "/lib", "/other/lib"));
    Result natives = machine.run("verify");
    assertThat(natives.code()).isEqualTo(1);
    assertThat(natives.err()).contains("the run went through other natives").contains("/other/lib");
    MadeUpMachine.program(program, sound.replace("by gloo", "by Hazelcast"));
    Result gloo = machine.run("verify");
    assertThat(gloo.code()).isEqualTo(1);
    assertThat(gloo.err()).contains("two trainers did not add up by gloo");
  }

  @Test
  void warningsOfTheBridgeAreAFailure() throws Exception {
    machine.compiler("echo 'natives/arrays.h:3:1: warning: unused variable'");
    Result result = machine.run("verify");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("the bridge compiles with warnings");
    assertThat(calls()).doesNotExist();
  }

  @Test
  void whereNoTorchIsToBeHadItSaysWhyAndThatIsNoFailure() throws Exception {
    machine.python("echo 'ERROR: no index is there'; exit 1");
    Result result = machine.run("verify");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .isEqualTo(
            NOT_TESTED
                + "python3 has no torch, and pip cannot install torch==2.13.0+cpu: ERROR: no index"
                + " is there\n");
    assertThat(calls()).doesNotExist();
  }

  @Test
  void whatRefusesATorchThatWasFoundIsTheReasonAndOneThatWasNamedAFailure() throws Exception {
    Files.delete(machine.bin.resolve("g++"));
    Result found = machine.run("verify");
    assertThat(found.code()).as(found.err()).isZero();
    assertThat(found.out()).startsWith(NOT_TESTED + "natives/with: no g++ found").hasLineCount(1);
    machine.environment.put("FFC_TORCH", "python3");
    Result named = machine.run("verify");
    assertThat(named.code()).isEqualTo(1);
    assertThat(named.err()).startsWith("natives/verify: natives/with: no g++ found");
    assertThat(calls()).doesNotExist();
  }
}
