package ffc.exchange.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.MemberAttributeConfig;

/**
 * What a member shows of itself before it may take part: its Hazelcast attributes. Anybody who
 * reaches the port can show some; a card that cannot be read is none, and one without proof counts
 * for nothing.
 *
 * @param rank of a trainer; -1 for a storage member
 * @param incarnation names this process, whatever addresses it has had
 * @param run agreement of the trainers, as {@link RunIdentity#text}; empty for a storage member
 * @param proof HMAC of all this under the secret; empty without one
 */
record MemberCard(int rank, String incarnation, String run, String proof) {
  private static final String PREFIX = "ffc.";
  private static final String PROTOCOL = "3";
  private static final int STORAGE = -1;

  static MemberCard trainer(
      int rank, int trainers, RunIdentity run, String incarnation, Frames frames) {
    return signed(rank, incarnation, run.with("cluster.trainers", trainers).text(), frames);
  }

  static MemberCard storage(String incarnation, Frames frames) {
    return signed(STORAGE, incarnation, "", frames);
  }

  private static MemberCard signed(int rank, String incarnation, String run, Frames frames) {
    return new MemberCard(rank, incarnation, run, frames.proof(content(rank, incarnation, run)));
  }

  private static String content(int rank, String incarnation, String run) {
    return rank + "\n" + incarnation + "\n" + run;
  }

  /** The card of a member, or null if it shows none that can be read. */
  static MemberCard of(Member member) {
    String rank = member.getAttribute(PREFIX + "rank");
    String incarnation = member.getAttribute(PREFIX + "incarnation");
    String run = member.getAttribute(PREFIX + "run");
    String proof = member.getAttribute(PREFIX + "proof");
    boolean readable =
        PROTOCOL.equals(member.getAttribute(PREFIX + "protocol"))
            && rank != null
            && rank.matches("-1|[0-9]{1,9}")
            && incarnation != null
            && run != null
            && proof != null;
    return readable ? new MemberCard(Integer.parseInt(rank), incarnation, run, proof) : null;
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

  /** Whether the holder knows our secret. */
  boolean isProved(Frames frames) {
    return proof.equals(frames.proof(content(rank, incarnation, run)));
  }

  /** In what the run of another trainer is not ours; empty if it is, or if one is no trainer. */
  String difference(MemberCard other) {
    return isTrainer() && other.isTrainer()
        ? RunIdentity.parse(run).difference(RunIdentity.parse(other.run))
        : "";
  }
}
