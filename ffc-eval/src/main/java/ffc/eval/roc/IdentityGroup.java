package ffc.eval.roc;

import java.util.Map;

/**
 * Figures of a group of identities.
 *
 * @param name such as {@code tail}
 * @param identities identities of the group
 * @param tarAtFar rates at the thresholds of the whole set
 * @param rank1 share of probes found; null without probes
 */
public record IdentityGroup(
    String name, long identities, Map<String, Share> tarAtFar, Share rank1) {

  /** A share with its 95 % bootstrap interval over identities. */
  public record Share(double value, double low, double high, long trials) {}
}
