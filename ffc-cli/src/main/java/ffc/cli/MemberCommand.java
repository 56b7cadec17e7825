package ffc.cli;

import ffc.cli.options.OptionWords;
import ffc.cli.options.SetOption;
import ffc.exchange.hazelcast.ClusterConfig;
import ffc.exchange.hazelcast.ClusterMember;
import ffc.runs.experiment.ConfigLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc member}. */
@Command(
    name = "member",
    description = {
      "Take part in a run's cluster without training: a vote for the quorum.",
      "",
      "A storage member of the cluster that section cluster of CONFIG describes: it keeps copies of"
          + " what the trainers agree on, and has a vote (cluster.storageMembers). It runs until it"
          + " is stopped (Ctrl-C).",
      ""
    },
    footer = {"", "Example:", "  ./ffc member configs/quickstart.yaml --trainers 3"},
    mixinStandardHelpOptions = true)
final class MemberCommand implements Callable<Integer> {
  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Parameters(paramLabel = "CONFIG", description = "Experiment file")
  private Path config;

  @Mixin private SetOption set;

  @Option(
      names = "--trainers",
      paramLabel = "N",
      description = "Trainers of the run, as given to train (default: cluster.trainers)")
  private Integer trainers;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port to listen on (default: cluster.port + trainers)")
  private Integer port;

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<String> overrides = new ArrayList<>(set.settings());
    if (trainers != null) {
      overrides.add("cluster.trainers=" + trainers);
    }
    ClusterConfig cluster =
        OptionWords.in(TrainCommand.TYPED, () -> new ConfigLoader().load(config, overrides, false))
            .cluster();
    if (cluster == null) {
      throw new IllegalArgumentException(
          config + " has no section cluster; add one, or give --trainers");
    }
    int own = port == null ? cluster.storagePort() : port;
    StopSignal stop = StopSignal.install(System.err, "leaving the cluster");
    try (ClusterMember member = ClusterMember.storage(cluster.withPort(own))) {
      int before = 0;
      while (!stop.getAsBoolean()) {
        int size = member.size();
        if (size != before) {
          spec.commandLine()
              .getOut()
              .println(
                  "member at "
                      + cluster.networkInterface()
                      + ":"
                      + own
                      + ", "
                      + size
                      + (size == 1 ? " member" : " members")
                      + " in the cluster");
          spec.commandLine().getOut().flush();
          before = size;
        }
        Thread.sleep(200);
      }
    }
    return stop.exitCode();
  }
}
