package ffc.eval.roc;

import java.util.LinkedHashMap;
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

  /** The shares that this group has, by the paths of {@link EvalFigure}. */
  public Map<String, Share> shares() {
    Map<String, Share> shares = new LinkedHashMap<>();
    tarAtFar.forEach((far, share) -> shares.put(EvalFigure.TAR_AT_FAR.at(far), share));
    if (rank1 != null) {
      shares.put(EvalFigure.RANK.at(1), rank1);
    }
    return shares;
  }

  /** A share with its 95 % bootstrap interval over identities. */
  public record Share(double value, double low, double high, long trials) {}
}
