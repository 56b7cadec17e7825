package ffc.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.exchange.hazelcast.ClusterConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerVariablesTest {
  private static final ClusterConfig FILE = ClusterConfig.local(2, 0);

  /** {@code "RANK=1 WORLD_SIZE=2"} as an environment. */
  private static Map<String, String> environment(String text) {
    Map<String, String> environment = new TreeMap<>();
    for (String variable : text.split(" ")) {
      if (!variable.isEmpty()) {
        environment.put(variable.replaceFirst("=.*", ""), variable.replaceFirst(".*?=", ""));
      }
    }
    return environment;
  }

  private static Launch launch(String environment) {
    return SchedulerVariables.read(environment(environment)).orElseThrow();
  }

  private static List<String> settings(String environment, String... typed) {
    return launch(environment).settings(List.of(typed), FILE, false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "RANK=1 WORLD_SIZE=4 MASTER_ADDR=10.0.0.1; 1; 4; 10.0.0.1; 1",
        "RANK=5 WORLD_SIZE=8 LOCAL_RANK=1 MASTER_ADDR=n1; 5; 8; n1; 1",
        "SLURM_PROCID=2 SLURM_NTASKS=3 SLURM_NODELIST=n[1-3]; 2; 3; n1 n2 n3; 0",
        "SLURM_PROCID=3 SLURM_NTASKS=4 SLURM_LOCALID=1 SLURM_JOB_NODELIST=n[1-2]; 3; 4; n1 n2; 1",
        "SLURM_PROCID=3 SLURM_NTASKS=4 SLURM_NODELIST=n1; 3; 4; n1; 3",
        "SLURM_PROCID=1 SLURM_NTASKS=8 SLURM_STEP_NUM_TASKS=2 SLURM_NODELIST=n[1-8]"
            + " SLURM_STEP_NODELIST=n[3-4]; 1; 2; n3 n4; 0",
        "JOB_COMPLETION_INDEX=1 WORLD_SIZE=3 MASTER_ADDR=t-w-0-0.t; 1; 3; t-w-0-0.t t-w-0-1.t t-w-0-2.t; 0",
        "JOB_COMPLETION_INDEX=1 WORLD_SIZE=2 MASTER_ADDR=10.0.0.1; 1; 2; 10.0.0.1; 0",
        // A manifest that sets RANK from the index, as those for PyTorch do.
        "RANK=1 JOB_COMPLETION_INDEX=1 WORLD_SIZE=2 MASTER_ADDR=j-0.s.ns; 1; 2; j-0.s.ns j-1.s.ns; 0",
        // torchrun within a task or a pod: its ranks count
        "RANK=5 LOCAL_RANK=1 WORLD_SIZE=8 MASTER_ADDR=n1 SLURM_PROCID=1 SLURM_NTASKS=2"
            + " TORCHELASTIC_RUN_ID=x; 5; 8; n1; 1",
        "RANK=5 LOCAL_RANK=1 JOB_COMPLETION_INDEX=2 WORLD_SIZE=8 MASTER_ADDR=j-0.s; 5; 8; j-0.s; 1"
      })
  void schedulersSayRankNumberAndAddresses(
      String environment, int rank, int trainers, String hosts, int place) {
    Launch launch = launch(environment);
    assertThat(launch.rank()).isEqualTo(rank);
    assertThat(launch.trainers()).isEqualTo(trainers);
    assertThat(launch.hosts()).containsExactly(hosts.split(" "));
    assertThat(launch.place()).isEqualTo(place);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "RANK=0 WORLD_SIZE=1 MASTER_ADDR=n1",
        "WORLD_SIZE=1",
        "MASTER_ADDR=n1 MASTER_PORT=29500",
        "SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_NODELIST=n1",
        "SLURM_PROCID=0 SLURM_JOB_ID=7", // a batch script
        "SLURM_NTASKS=4 SLURM_NODELIST=n[1-4]", // the shell of salloc
        "JOB_COMPLETION_INDEX=3", // one of several trainings of their own
        "RANK= WORLD_SIZE="
      })
  void aProcessThatIsAloneIsLeftInPeace(String environment) {
    assertThat(SchedulerVariables.read(environment(environment))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "RANK=1; RANK=1 is set, but WORLD_SIZE is not",
        "RANK=0 MASTER_ADDR=n1; RANK=0 is set, but WORLD_SIZE is not",
        "WORLD_SIZE=4 MASTER_ADDR=n1; WORLD_SIZE=4 is set, but RANK is not",
        "SLURM_PROCID=2; SLURM_PROCID=2 is set, but SLURM_NTASKS is not",
        "RANK=4 WORLD_SIZE=4; RANK=4 must be below WORLD_SIZE=4",
        "RANK=0 WORLD_SIZE=0; RANK=0 must be below WORLD_SIZE=0",
        "RANK=-1 WORLD_SIZE=4; RANK=-1: wanted a whole number",
        "RANK=x WORLD_SIZE=4; RANK=x: wanted a whole number",
        "RANK=1 WORLD_SIZE=4.0; WORLD_SIZE=4.0: wanted a whole number",
        "RANK=1 WORLD_SIZE=4 LOCAL_RANK=a; LOCAL_RANK=a: wanted a whole number",
        "RANK=1 WORLD_SIZE=4 MASTER_ADDR=$HOST; MASTER_ADDR=$HOST: wanted the name of a host",
        "RANK=1 WORLD_SIZE=4 MASTER_ADDR=n1 MASTER_PORT=70000; MASTER_PORT=70000: wanted a port",
        "SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_NODELIST=n[1-; SLURM_NODELIST: wanted host names",
        "RANK=0 WORLD_SIZE=2 SLURM_PROCID=1 SLURM_NTASKS=2; contradict each other: unset RANK",
        "RANK=0 WORLD_SIZE=1 SLURM_PROCID=1 SLURM_NTASKS=2; contradict each other: unset RANK",
      })
  void halfAnAnswerAndTwoAnswersAreRefused(String environment, String said) {
    assertThatThrownBy(() -> SchedulerVariables.read(environment(environment)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(said)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void withoutAddressesTheMistakeSaysWhatToExportUnlessTheyAreGiven() {
    String environment = "RANK=1 WORLD_SIZE=2";
    assertThatThrownBy(() -> settings(environment))
        .hasMessageContaining("RANK=1, WORLD_SIZE=2: nothing says where the other trainers are")
        .hasMessageContaining("export MASTER_ADDR=");
    assertThat(launch(environment).settings(List.of(), FILE, true))
        .containsExactly("cluster.trainers=2", "cluster.rank=1", "cluster.port=5702");
  }

  @Test
  void trainersOfOneMachineListenAtPortsOfTheirOwn() {
    assertThat(settings("RANK=1 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500"))
        .contains(
            "cluster.port=29501",
            "cluster.interface=\"127.0.0.1\"",
            "cluster.members=[\"127.0.0.1:29500\"]");
    // The agent of torchrun has the port itself.
    assertThat(
            settings(
                "RANK=1 WORLD_SIZE=2 MASTER_ADDR=localhost MASTER_PORT=29500"
                    + " TORCHELASTIC_USE_AGENT_STORE=True"))
        .contains("cluster.port=29502", "cluster.members=[\"127.0.0.1:29501\"]");
    assertThat(settings("SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_NODELIST=localhost"))
        .contains("cluster.port=5702", "cluster.members=[\"127.0.0.1:5701\"]");
  }

  @Test
  void whatIsTypedStays() {
    String environment = "RANK=1 WORLD_SIZE=2 MASTER_ADDR=localhost MASTER_PORT=29500";
    ClusterConfig typed =
        ffc.exchange.hazelcast.ClusterConfigBuilder.builder(FILE)
            .port(7000)
            .networkInterface("127.0.0.2")
            .build();
    assertThat(
            launch(environment)
                .settings(
                    List.of(
                        "cluster.port=7000",
                        "cluster.interface=127.0.0.2",
                        "cluster.members=[a:1,b:2]"),
                    typed,
                    true))
        .contains("cluster.port=7001", "cluster.interface=\"127.0.0.2\"")
        .noneMatch(setting -> setting.startsWith("cluster.members"));
    assertThat(Launch.isTyped(List.of("run.steps=3", "cluster.port=1"))).isFalse();
    assertThat(Launch.isTyped(List.of("cluster.rank = 1"))).isTrue();
    assertThat(Launch.isTyped(List.of("cluster={trainers: 2}"))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "LOCAL_RANK=3; [3]",
        "LOCAL_RANK=3 CUDA_VISIBLE_DEVICES=0,1,2,3; [3]",
        "LOCAL_RANK=3 CUDA_VISIBLE_DEVICES=GPU-5; ''", // each process sees its own
        "LOCAL_RANK=3 CUDA_VISIBLE_DEVICES=0,1; [1]",
        "LOCAL_RANK=0; ''",
        "X=1; ''"
      })
  void trainersOfOneMachineTakeAGpuEach(String more, String devices) {
    assertThat(settings("RANK=3 WORLD_SIZE=4 MASTER_ADDR=localhost " + more))
        .filteredOn(setting -> setting.startsWith("cluster.devices"))
        .isEqualTo(devices.isEmpty() ? List.of() : List.of("cluster.devices=" + devices));
  }

  @Test
  void aMachineThatKnowsItselfByItsLoopbackAloneTakesItsOtherAddressOrAsks() {
    String name =
        "2130706433"; // 127.0.0.1 as one number: a name of the loopback that needs no file
    try {
      OwnAddress own = OwnAddress.among(List.of(name));
      assertThat(own.name()).isEqualTo(name);
      assertThat(own.text()).doesNotStartWith("127.");
    } catch (IllegalArgumentException e) { // without a network, or with several addresses
      assertThat(e)
          .hasMessageContaining(name + " is an address of the loopback here")
          .hasMessageContaining("--set cluster.interface=ADDRESS");
    }
    assertThatThrownBy(() -> OwnAddress.among(List.of("nowhere.invalid")))
        .hasMessageContaining("none of nowhere.invalid is this machine or can be reached");
  }
}
