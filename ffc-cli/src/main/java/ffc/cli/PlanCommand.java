package ffc.cli;

import ffc.cli.options.SetOption;
import ffc.cli.options.Wanted;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Methods;
import ffc.runs.plan.ByteSize;
import ffc.runs.plan.ClassCount;
import ffc.runs.plan.MemoryPlan;
import ffc.runs.plan.NetworkPlan;
import ffc.runs.plan.NetworkText;
import ffc.runs.plan.PlanText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
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
      description = "Memory of one trainer, such as 80GiB (default: that of this machine)")
  private String memory;

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
    long bytes = memory == null ? machineMemory() : ByteSize.parse(memory);
    Experiment experiment = new ConfigLoader().load(config, set.settings(), false);
    int devices = trainers != null ? trainers : Math.max(1, experiment.run().devices().size());
    long count =
        classes == null ? ClassCount.of(experiment.data().train()) : ClassCount.parse(classes);
    MemoryPlan plan = new MemoryPlan(experiment, devices);
    String text = new PlanText(experiment, plan, count, bytes).render();
    if (network != null) {
      text +=
          NetworkText.render(
              networkPlan(experiment, plan), Methods.beside(experiment.method()), devices);
    }
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
    return 0;
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
        "the memory of this machine is unknown; give it with --memory, such as 80GiB");
  }
}
