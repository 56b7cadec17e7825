package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.JsonLines;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * Two trainers on two machines that are told by the variables of a scheduler alone who they are.
 * The machines are network namespaces with a cable between them; both run the same command.
 */
@Tag("slow")
@Tag("faults")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ScheduledTrainersTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

  /** The machines 1 and 2, and what {@code machine N COMMAND} runs on one of them. */
  private static final String MACHINES =
      """
      set -eE
      trap 'exit 77' ERR
      mount -t tmpfs tmpfs /run
      ip netns add 1
      ip netns add 2
      ip link add dev cable1 netns 1 type veth peer name cable2 netns 2
      for n in 1 2; do
        ip -n $n address add 10.213.0.$n/24 dev cable$n
        ip -n $n link set cable$n up
        ip -n $n link set lo up
      done
      mount --bind "$HOSTS" /etc/hosts
      trap - ERR
      machine() { number=$1; shift; exec nsenter --net=/run/netns/$number "$@"; }
      """;

  private static final String HOSTS =
      """
      127.0.0.1 localhost
      10.213.0.1 node01 faces-trainers-0-0.faces faces-trainers-0-0
      10.213.0.2 node02 faces-trainers-0-1.faces faces-trainers-0-1
      """;

  /** Exit code where there can be no namespaces. */
  private static final int NONE = 77;

  @TempDir Path temp;

  enum Scheduler {
    TORCHRUN(
        "RANK=%d WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=node01 MASTER_PORT=29500",
        "as RANK=%d, WORLD_SIZE=2, LOCAL_RANK=0, MASTER_ADDR=node01, MASTER_PORT=29500 say;",
        29500),
    SLURM(
        "SLURM_PROCID=%d SLURM_NTASKS=2 SLURM_NODELIST=node[01-02]",
        "as SLURM_PROCID=%d, SLURM_NTASKS=2, SLURM_NODELIST=node[01-02] say;", 5701),
    KUBERNETES(
        "JOB_COMPLETION_INDEX=%d WORLD_SIZE=2 MASTER_ADDR=faces-trainers-0-0.faces",
        "as JOB_COMPLETION_INDEX=%d, WORLD_SIZE=2, MASTER_ADDR=faces-trainers-0-0.faces say;",
        5701);

    private final String variables;
    private final String said;
    private final int port;

    Scheduler(String variables, String said, int port) {
      this.variables = variables;
      this.said = said;
      this.port = port;
    }
  }

  @ParameterizedTest
  @EnumSource
  void twoTrainersFindEachOtherByTheVariablesOfTheirScheduler(Scheduler scheduler)
      throws Exception {
    Path run = temp.resolve("run");
    List<String> train =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            "ffc.cli.Main",
            "train",
            "configs/quickstart.yaml",
            "--out",
            run.toString());
    int made = runOnTwoMachines(scheduler, train);
    String machines = Files.readString(temp.resolve("machines.txt")).strip();
    Assumptions.assumeFalse(
        made == NONE, "skipped: no network namespaces can be made here: " + machines);
    assertThat(made).as(machines).isZero();
    for (int rank = 0; rank < 2; rank++) {
      String text = Files.readString(temp.resolve(rank + ".txt"));
      System.out.printf("rank %d:%n%s", rank, text);
      assertThat(temp.resolve(rank + ".code")).as(text).content().isEqualTo("0\n");
      assertThat(text)
          .contains(
              "ffc: rank %d of 2 trainers, ".formatted(rank)
                  + scheduler.said.formatted(rank)
                  + " listens at 10.213.0.%d:%d".formatted(rank + 1, scheduler.port));
    }
    List<JsonNode> first = JsonLines.read(run.resolve("steps.jsonl"));
    List<JsonNode> second = JsonLines.read(run.resolve("rank-1/steps.jsonl"));
    assertThat(first).isNotEmpty().hasSameSizeAs(second);
    for (int i = 0; i < first.size(); i++) {
      assertThat(first.get(i).path("statistics").path("trainers").asInt()).isEqualTo(2);
      assertThat(first.get(i).path("loss")).isEqualTo(second.get(i).path("loss"));
    }
    assertThat(run.resolve("report.html")).isNotEmptyFile();
    assertThat(run.resolve("checkpoints/step-00000003")).isNotEmptyDirectory();
    assertThat(run.resolve("rank-1/checkpoints")).doesNotExist();
  }

  /** Runs a command on both to its end; its output and exit codes are in files. */
  private int runOnTwoMachines(Scheduler scheduler, List<String> command) throws Exception {
    Files.writeString(temp.resolve("hosts"), HOSTS);
    String script =
        MACHINES
            + "run() { code=0; (machine \"$@\") >\"$OUT/$rank.txt\" 2>&1 || code=$?;"
            + " echo $code >\"$OUT/$rank.code\"; }\n";
    for (int rank = 0; rank < 2; rank++) {
      String variables = scheduler.variables.formatted(rank);
      script += "rank=%d; run %d env %s \"$@\" &\n".formatted(rank, rank + 1, variables);
    }
    script += "wait\n";
    // Whoever is not root may have namespaces below one of users.
    String made =
        "for user in '' --map-root-user; do"
            + " if unshare $user --net --mount ip link set lo up 2>/dev/null; then"
            + " exec unshare $user --net --mount bash -c \"$SCRIPT\" bash \"$@\"; fi; done;"
            + " unshare --net --mount ip link set lo up; exit "
            + NONE;
    List<String> all = new ArrayList<>(List.of("bash", "-c", made, "bash"));
    all.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(all)
            .directory(HOME.toFile())
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve("machines.txt").toFile());
    builder.environment().put("SCRIPT", script);
    builder.environment().put("HOSTS", temp.resolve("hosts").toString());
    builder.environment().put("OUT", temp.toString());
    builder.environment().put("FFC_TRY", "3");
    builder.environment().keySet().removeIf(name -> name.matches("RANK|WORLD_SIZE|SLURM_.*"));
    return builder.start().waitFor();
  }
}
