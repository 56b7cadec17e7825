package ffc.cli;

import ffc.cli.options.SetOption;
import ffc.cli.options.Wanted;
import ffc.core.method.MethodConfig;
import ffc.engine.Gpus;
import ffc.loaders.data.DataConfig;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Methods;
import ffc.runs.plan.Budget;
import ffc.runs.plan.ByteSize;
import ffc.runs.plan.ClassCount;
import ffc.runs.plan.MemoryPlan;
import ffc.runs.plan.NetworkPlan;
import ffc.runs.plan.NetworkText;
import ffc.runs.plan.PlanText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc plan}. */
@Command(
    name = "plan",
    description = {
      "Predict the memory of an experiment before anything is loaded: by part, for its method and"
          + " the others, over a grid of class counts, with what fits.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc plan configs/glint360k-r50-ffc.yaml --classes 360232 --memory 80GiB"
    },
    mixinStandardHelpOptions = true)
public final class PlanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "CONFIG", description = "Experiment file; its data need not be here")
  private Path config;

  @Mixin private SetOption set;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "Identities of the training set, such as 2e6 (default: those of data.train)")
  private String classes;

  @Option(
      names = {"--devices", "--trainers"},
      paramLabel = "N",
      description =
          "Trainers that share the class centres of Partial FC and full FC (default: as many as"
              + " run.devices, or 1); figures are of one of them")
  private Integer trainers;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "Memory of one trainer, such as 80GiB (default: that of this machine); with run.device"
              + " gpu that of its GPU (default: that of the first GPU here)")
  private String memory;

  @Option(
      names = "--host-memory",
      paramLabel = "SIZE",
      description =
          "run.device gpu: memory of the machine beside the GPU, for one trainer (default: that of"
              + " this machine)")
  private String hostMemory;

  @Option(
      names = "--network",
      paramLabel = "BANDWIDTH,LATENCY",
      description =
          "Link of each trainer, such as 10Gbit,0.05ms: predict step time, bytes and efficiency of"
              + " several trainers (with --step-ms)")
  private String network;

  @Option(
      names = "--step-ms",
      paramLabel = "MS",
      description =
          "Time of a step of one trainer alone, as step_ms.p50 in the summary.json of a run")
  private Double stepMs;

  @Override
  public Integer call() throws IOException {
    if (trainers != null) {
      Wanted.atLeast("--trainers (--devices)", trainers, 1);
    }
    Experiment experiment = new ConfigLoader().load(config, set.settings(), false);
    int devices = trainers != null ? trainers : Math.max(1, experiment.run().devices().size());
    long count =
        classes == null ? ClassCount.of(experiment.data().train()) : ClassCount.parse(classes);
    MemoryPlan plan = new MemoryPlan(experiment, devices);
    String text = new PlanText(experiment, plan, count, budget(plan)).render();
    text += refusal(experiment, devices);
    text += experiment.frozenToTheEnd().map(line -> "! " + line + "\n").orElse("");
    if (network != null) {
      text +=
          NetworkText.render(
              networkPlan(experiment, plan), Methods.beside(experiment.method()), devices);
    }
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
    return 0;
  }

  private Budget budget(MemoryPlan plan) throws IOException {
    if (!plan.onGpu()) {
      if (hostMemory != null) {
        throw new IllegalArgumentException(
            "--host-memory is for run.device gpu; here --memory is that of the machine");
      }
      return Budget.ofMachine(memory == null ? machineMemory() : ByteSize.parse(memory));
    }
    long machine = hostMemory == null ? machineMemory() : ByteSize.parse(hostMemory);
    return new Budget(
        OptionalLong.of(memory == null ? gpuMemory() : ByteSize.parse(memory)), machine);
  }

  /** What {@code ffc train} would say of so many trainers; empty if nothing. */
  private static String refusal(Experiment experiment, int trainers) {
    MethodConfig.Peers peers =
        new MethodConfig.Peers() {
          @Override
          public DataConfig data() {
            return experiment.data();
          }

          @Override
          public int trainers() {
            return trainers;
          }
        };
    return experiment.method().checks(peers).stream()
        .filter(check -> check.known().isEmpty() && check.mistake().get() != null)
        .map(
            check ->
                "! With %d trainers, %s: %s%n"
                    .formatted(trainers, check.setting(), check.mistake().get()))
        .collect(Collectors.joining());
  }

  private NetworkPlan networkPlan(Experiment experiment, MemoryPlan plan) {
    if (stepMs == null || !(stepMs > 0)) {
      throw new IllegalArgumentException(
          "--network wants --step-ms as well: the time of a step of one trainer, as step_ms.p50 in"
              + " the summary.json of a run of a few steps");
    }
    return new NetworkPlan(
        experiment, plan.weights(), NetworkPlan.Link.parse(network), stepMs / 1e3);
  }

  private static long gpuMemory() {
    if (Gpus.usable() == 0) {
      throw new IllegalArgumentException(
          "--memory is missing: with run.device gpu it is the memory of the GPU, such as 80GiB, and"
              + " the engine sees none here");
    }
    return Gpus.memory(0).total();
  }

  private static long machineMemory() throws IOException {
    Path info = Path.of("/proc/meminfo");
    if (Files.isReadable(info)) {
      for (String line : Files.readAllLines(info)) {
        if (line.startsWith("MemTotal:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
    }
    throw new IllegalArgumentException(
        "the memory of this machine is unknown; give it with --memory (beside a GPU"
            + " --host-memory), such as 80GiB");
  }
}
