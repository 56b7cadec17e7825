package ffc.runs.plan;

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
  /** Floats of a chunk of the all-reduce, which works in rounds of one chunk a trainer. */
  private static final double CHUNK = 1 << 18;

  private final double pairs;
  private final double embedding;
  private final double slices;
  private final double weights;
  private final double gradientBytes;
  private final double every;
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
    this.link = link;
    this.aloneSeconds = aloneSeconds;
  }

  /** FFC: both sides' gallery features to all, gradients added up. */
  Prediction ffc(int trainers) {
    double features = 2 * pairs * (8 + 4 * embedding);
    double sent = trainers == 1 ? 0 : features * (trainers - 1);
    double exchange = trainers == 1 ? 0 : sent / link.bandwidth + 2 * link.latency;
    return together(trainers, sent, exchange);
  }

  /**
   * Partial FC with its classes dealt out: identities and probe features to all, targets' cosines,
   * sums of the softmax and the features' gradients added up, slice by slice, then the gradients.
   */
  Prediction partialFc(int trainers) {
    double rows = 2 * pairs * trainers;
    // Identities travel with a row of one value.
    double gathered = 2 * pairs * (12 + 4 * embedding) * (trainers - 1);
    double reduced = 2.0 * (trainers - 1) / trainers * 4 * rows * (embedding + 2);
    double sent = trainers == 1 ? 0 : gathered + reduced;
    double waits = 1 + slices * (1 + 2 * reductionWaits(rows / slices, trainers));
    waits += slices * reductionWaits(rows / slices * embedding, trainers);
    double exchange = trainers == 1 ? 0 : sent / link.bandwidth + 2 * waits * link.latency;
    return together(trainers, sent, exchange);
  }

  /** Waits for others in an all-reduce. */
  private static double reductionWaits(double floats, int trainers) {
    return Math.ceil(floats / (trainers * CHUNK)) + 1;
  }

  private Prediction together(int trainers, double sent, double exchange) {
    double share = 2.0 * (trainers - 1) / trainers;
    // local SGD averages networks, momenta and gallery, unrounded, once in a while
    double reduced = every > 1 ? share * 4 * 3 * weights / every : share * gradientBytes * weights;
    double rounds = Math.ceil(weights / (trainers * CHUNK)) / every;
    double gradients =
        trainers == 1 ? 0 : reduced / link.bandwidth + (2 * rounds + 6) * link.latency;
    double step = aloneSeconds + exchange + gradients;
    return new Prediction(trainers, sent + reduced, exchange, gradients, step, aloneSeconds / step);
  }
}
