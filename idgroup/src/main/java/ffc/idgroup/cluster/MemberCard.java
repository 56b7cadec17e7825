package ffc.idgroup.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.MemberAttributeConfig;

/**
 * What a member shows of itself before it may take part: its Hazelcast attributes.
 *
 * @param rank of a trainer; -1 for a storage member
 * @param incarnation names this process, whatever addresses it has had
 * @param run agreement of the trainers, with their number; empty for a storage member
 * @param proof HMAC of the incarnation under the secret; empty without one
 */
record MemberCard(int rank, String incarnation, String run, String proof) {
  private static final String PREFIX = "ffc.";
  private static final String PROTOCOL = "2";

  static MemberCard trainer(
      int rank, int trainers, RunIdentity run, String incarnation, Frames frames) {
    return new MemberCard(
        rank,
        incarnation,
        "trainers " + trainers + ", config " + run.config() + ", data " + run.data(),
        frames.proof(incarnation));
  }

  static MemberCard storage(String incarnation, Frames frames) {
    return new MemberCard(-1, incarnation, "", frames.proof(incarnation));
  }

  /** The card of a member, or null if it shows none of our protocol. */
  static MemberCard of(Member member) {
    if (!PROTOCOL.equals(member.getAttribute(PREFIX + "protocol"))) {
      return null;
    }
    return new MemberCard(
        Integer.parseInt(member.getAttribute(PREFIX + "rank")),
        member.getAttribute(PREFIX + "incarnation"),
        member.getAttribute(PREFIX + "run"),
        member.getAttribute(PREFIX + "proof"));
  }

  void writeTo(MemberAttributeConfig attributes) {
    attributes.setAttribute(PREFIX + "protocol", PROTOCOL);
    attributes.setAttribute(PREFIX + "rank", Integer.toString(rank));
    attributes.setAttribute(PREFIX + "incarnation", incarnation);
    attributes.setAttribute(PREFIX + "run", run);
    attributes.setAttribute(PREFIX + "proof", proof);
  }

  boolean isTrainer() {
    return rank >= 0;
  }

  /** Why the holder of another card cannot work with us; null if it can. */
  String conflict(MemberCard other, Frames frames) {
    if (!other.proof.equals(frames.proof(other.incarnation))) {
      return "cluster.secret differs";
    }
    if (isTrainer() && other.isTrainer()) {
      if (!run.equals(other.run)) {
        return "it runs with " + other.run + ", this trainer with " + run;
      }
      if (rank == other.rank) {
        return "it has cluster.rank " + rank + " too";
      }
    }
    return null;
  }
}
