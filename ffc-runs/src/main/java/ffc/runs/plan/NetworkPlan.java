package ffc.runs.plan;

import ffc.core.method.MethodConfig;
import ffc.core.method.StepSizes;
import ffc.core.method.Traffic;
import ffc.core.net.NetworkSize;
import ffc.core.optim.OptimizerConfig;
import ffc.exchange.hazelcast.ClusterConfig;
import ffc.exchange.hazelcast.ClusterConfig.WirePrecision;
import ffc.runs.experiment.Experiment;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Predicts the time of a step with several trainers: that of one trainer alone plus what travels,
 * one after the other. Every trainer sends and receives at the bandwidth of one link; a call that
 * waits for the others costs two latencies.
 */
public final class NetworkPlan {
  private final int pairs;
  private final int embedding;
  private final int slices;
  private final long weights;
  private final double gradientBytes;
  private final double every;
  private final OptimizerConfig optimizer;
  private final Link link;
  private final double aloneSeconds;

  /**
   * The network between trainers.
   *
   * @param bandwidth bytes a second in each direction of a trainer's link
   * @param latency seconds from one trainer to another
   */
  public record Link(double bandwidth, double latency) {
    private static final Pattern TEXT =
        Pattern.compile("([0-9.]+)\\s*([MG])bit(?:/s)?\\s*,\\s*([0-9.]+)\\s*(us|ms)");

    /**
     * Reads what follows {@code --network}.
     *
     * @throws IllegalArgumentException if it is not BANDWIDTH,LATENCY
     */
    public static Link parse(String text) {
      Matcher matcher = TEXT.matcher(text.strip());
      if (matcher.matches()) {
        try {
          double bits =
              Double.parseDouble(matcher.group(1)) * (matcher.group(2).equals("M") ? 1e6 : 1e9);
          double latency =
              Double.parseDouble(matcher.group(3)) * (matcher.group(4).equals("us") ? 1e-6 : 1e-3);
          if (bits > 0) {
            return new Link(bits / 8, latency);
          }
        } catch (NumberFormatException e) {
          // told below
        }
      }
      throw new IllegalArgumentException(
          "--network " + text + ": wanted BANDWIDTH,LATENCY such as 10Gbit,0.05ms or 400Gbit,5us");
    }
  }

  /**
   * What one trainer does in a step.
   *
   * @param trainers number of trainers
   * @param sentBytes bytes that one trainer sends
   * @param exchangeSeconds features and identities
   * @param gradientSeconds gradients, losses and running statistics
   * @param stepSeconds whole step
   * @param efficiency time alone over time together
   */
  record Prediction(
      int trainers,
      double sentBytes,
      double exchangeSeconds,
      double gradientSeconds,
      double stepSeconds,
      double efficiency) {}

  /**
   * @param weights values of the backbone, running statistics included
   * @param aloneSeconds a step of one trainer with its own batch, loading included
   */
  public NetworkPlan(Experiment experiment, long weights, Link link, double aloneSeconds) {
    this.pairs = experiment.data().pairsPerBatch();
    this.embedding = experiment.model().embedding();
    this.slices = experiment.run().accumulate();
    this.weights = weights;
    ClusterConfig cluster =
        experiment.cluster() == null ? ClusterConfig.local(1, 0) : experiment.cluster();
    this.gradientBytes = cluster.gradients() == WirePrecision.bf16 ? 2 : 4;
    this.every = cluster.sync().every();
    this.optimizer = experiment.optimizer();
    this.link = link;
    this.aloneSeconds = aloneSeconds;
  }

  /** Predicts a step of several trainers by a method. */
  Prediction predict(MethodConfig method, int trainers) {
    Traffic traffic =
        method.traffic(
            new StepSizes(
                new NetworkSize(weights, 0),
                embedding,
                pairs,
                slices,
                1,
                trainers,
                false,
                optimizer));
    double sent = traffic.sentBytes();
    return together(trainers, sent, sent / link.bandwidth + 2 * traffic.waits() * link.latency);
  }

  private Prediction together(int trainers, double sent, double exchange) {
    double share = 2.0 * (trainers - 1) / trainers;
    // local SGD averages networks, momenta and gallery, unrounded, once in a while
    double reduced = every > 1 ? share * 4 * 3 * weights / every : share * gradientBytes * weights;
    double rounds = Traffic.rounds(weights, trainers) / every;
    double gradients =
        trainers == 1 ? 0 : reduced / link.bandwidth + (2 * rounds + 6) * link.latency;
    double step = aloneSeconds + exchange + gradients;
    return new Prediction(trainers, sent + reduced, exchange, gradients, step, aloneSeconds / step);
  }
}
