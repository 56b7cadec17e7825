package ffc.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.launch.Launch;
import ffc.cli.launch.SchedulerVariables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The script and the manifest of docs/cluster.md, as far as they can be followed without a cluster.
 */
class SchedulerExamplesTest {
  @TempDir Path temp;

  private static Documentation.Page page() throws IOException {
    return Documentation.pages().stream()
        .filter(page -> page.name().equals("docs/cluster.md"))
        .findFirst()
        .orElseThrow();
  }

  /** Pods get the variables of the manifest, and their index from Kubernetes. */
  @Test
  void theManifestGivesEachPodItsRankAndTheNamesThatJobSetGivesThem() throws IOException {
    JsonNode manifest =
        page().of("yaml").stream()
            .map(block -> YAMLMapper.builder().build().readTree(String.join("\n", block.lines())))
            .filter(yaml -> yaml.has("apiVersion"))
            .findFirst()
            .orElseThrow();
    String set = manifest.path("metadata").path("name").asString();
    JsonNode job = manifest.path("spec").path("replicatedJobs").path(0);
    JsonNode spec = job.path("template").path("spec");
    int pods = spec.path("completions").asInt();
    assertThat(spec.path("parallelism").asInt()).isEqualTo(pods);
    JsonNode container = spec.path("template").path("spec").path("containers").path(0);
    Map<String, String> environment = new HashMap<>();
    container
        .path("env")
        .forEach(one -> environment.put(one.path("name").asString(), one.path("value").asString()));
    assertThat(container.path("command").toString()).contains("--out", "--resume");
    for (int i = 0; i < pods; i++) {
      environment.put("JOB_COMPLETION_INDEX", "" + i);
      Launch launch = SchedulerVariables.read(environment).orElseThrow();
      assertThat(launch.rank()).isEqualTo(i);
      assertThat(launch.trainers()).isEqualTo(pods);
      assertThat(launch.hosts())
          .hasSize(pods)
          .element(i)
          .isEqualTo(set + "-" + job.path("name").asString() + "-0-" + i + "." + set);
    }
  }

  /** With an srun and an scontrol that write down what they were asked. */
  @Test
  void theScriptStartsTheTrainersAndPutsAStoppedJobBackIntoTheQueue() throws Exception {
    List<String> script =
        page().of("text").stream()
            .map(Documentation.Block::lines)
            .filter(lines -> lines.get(0).equals("#!/bin/bash"))
            .findFirst()
            .orElseThrow();
    Path file = Files.write(temp.resolve("faces.sh"), script);
    String stubs =
        "srun() { echo \"srun $MASTER_PORT $*\"; return 143; }\n"
            + "scontrol() { echo \"scontrol $*\"; }\nexport -f srun scontrol\nbash -eu "
            + file;
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", stubs).redirectErrorStream(true);
    builder.environment().put("SLURM_JOB_ID", "123456");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(143);
    assertThat(said.lines())
        .containsExactly(
            "srun 23456 ./ffc train big.yaml --out runs/faces-123456 --resume",
            "scontrol requeue 123456");
  }
}
