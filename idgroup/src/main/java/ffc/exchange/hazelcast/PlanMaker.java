package ffc.exchange.hazelcast;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;

/** The coordinator's decision: when the next epoch can begin, with whom, and from whose state. */
final class PlanMaker {
  private final ClusterConfig config;
  private final IntSupplier storageMembers;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param storageMembers how many are there
   */
  PlanMaker(ClusterConfig config, IntSupplier storageMembers) {
    this.config = config;
    this.storageMembers = storageMembers;
  }

  private record Candidate(MemberCard card, Report report) {}

  /**
   * The next plan, or nothing as long as someone must be waited for.
   *
   * @param last the plan published last
   * @param present trainers in the cluster
   * @param reports report of a rank, or null
   */
  Optional<Plan> make(Plan last, List<MemberCard> present, IntFunction<Report> reports) {
    List<Candidate> candidates = new ArrayList<>();
    for (MemberCard card : present) {
      Report report = reports.apply(card.rank());
      if (isValid(report, card, last)) {
        candidates.add(new Candidate(card, report));
      } else if (last.positionOf(card.incarnation()) >= 0) {
        return Optional.empty(); // still on its way out of the last epoch
      }
    }
    // A member that has yet to say what it is proves nothing about which side of a split this is.
    boolean enough =
        candidates.size() == config.trainers()
            || last.epoch() > 0
                && config.onLoss() == ClusterConfig.OnLoss.shrink
                && !candidates.isEmpty()
                && votes(candidates.size()) >= config.quorum();
    return enough ? Optional.of(decide(last.epoch() + 1, candidates)) : Optional.empty();
  }

  /** Votes on this side of a possible split; storage members beyond those configured have none. */
  int votes(int trainers) {
    return trainers + Math.min(storageMembers.getAsInt(), config.storageMembers());
  }

  /** Whether a report is that of a trainer that waits for the plan after the last. */
  boolean isValid(Report report, MemberCard card, Plan last) {
    return report != null
        && report.incarnation().equals(card.incarnation())
        && report.seenEpoch() == last.epoch();
  }

  private Plan decide(long epoch, List<Candidate> candidates) {
    candidates.sort(Comparator.comparingInt(c -> c.card().rank()));
    Candidate source =
        candidates.stream()
            .max(
                Comparator.<Candidate>comparingLong(c -> c.report().step())
                    .thenComparingInt(c -> -c.card().rank()))
            .orElseThrow();
    long step = source.report().step();
    String error = step < 0 ? "cluster: no trainer has a state to begin with" : "";
    List<Plan.Part> parts = new ArrayList<>();
    for (Candidate c : candidates) {
      boolean loads = c.report().step() < step;
      if (!loads && c.report().hash() != source.report().hash()) {
        error =
            String.format(
                "cluster: at step %d rank %d has state hash %016x and rank %d has %016x; start all"
                    + " trainers from one checkpoint",
                step,
                source.card().rank(),
                source.report().hash(),
                c.card().rank(),
                c.report().hash());
      }
      parts.add(new Plan.Part(c.card().rank(), c.card().incarnation(), loads));
    }
    return new Plan(
        epoch,
        random.nextLong(),
        step,
        source.report().hash(),
        source.card().rank(),
        List.copyOf(parts),
        error);
  }
}
