package ffc.exchange.hazelcast;

import ffc.exchange.EpochEndedException;
import ffc.exchange.EpochLink;
import ffc.exchange.Sums;
import java.time.Duration;
import java.util.function.Consumer;

/** The link of an epoch of the cluster. */
record ClusterLink(Epoch epoch, ClusterConfig config, Consumer<String> status)
    implements EpochLink {
  /** Beyond the heartbeats by which the loss of a trainer shows at the latest. */
  private static final int MARGIN_SECONDS = 5;

  /** {@inheritDoc} What goes past the cluster is neither signed nor rounded. */
  @Override
  public Sums sums() {
    boolean plain =
        config.secret() == null && config.gradients() == ClusterConfig.WirePrecision.fp32;
    return config.sums() == Sums.auto && !plain ? Sums.cluster : config.sums();
  }

  @Override
  public String address() {
    return epoch.address();
  }

  @Override
  public int rank(int place) {
    return epoch.rank(place);
  }

  @Override
  public Duration deadline() {
    return Duration.ofSeconds(config.deadlineSeconds());
  }

  @Override
  public void whenEnded(Runnable action) {
    epoch.whenEnded(action);
  }

  @Override
  public boolean endsSoon() {
    return epoch.endsWithin(Duration.ofSeconds(config.heartbeatSeconds() + MARGIN_SECONDS));
  }

  @Override
  public EpochEndedException broken(String reason) {
    return epoch.broken(reason);
  }

  @Override
  public IllegalStateException silent() {
    return epoch.silent();
  }

  @Override
  public void sent(long bytes) {
    epoch.sent(bytes);
  }

  @Override
  public void say(String line) {
    status.accept(line);
  }
}
