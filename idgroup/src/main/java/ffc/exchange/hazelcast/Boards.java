package ffc.exchange.hazelcast;

import com.hazelcast.core.HazelcastException;
import com.hazelcast.map.IMap;
import com.hazelcast.nio.serialization.HazelcastSerializationException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * What the members of a cluster read of each other between epochs: the newest plan, a report of
 * each rank, and who has left in good order. All of it is signed. Whatever else lies there, put by
 * a member that is none of ours or damaged, counts as nothing and is overwritten.
 */
final class Boards {
  private static final String PLAN_KEY = "plan";

  private final ClusterMember member;
  private final IMap<String, Object> plans;
  private final IMap<Integer, Object> reports;
  private final IMap<String, Object> departures;

  /** The newest plan this member has read, and its frame: the map may lose it with a member. */
  private Plan known = Plan.NONE;

  private byte[] knownFrame;

  Boards(ClusterMember member) {
    this.member = member;
    plans = member.map("plans");
    reports = member.map("reports");
    departures = member.map("departures");
  }

  /** How a trainer leaves. */
  enum Departure {
    /** It cannot go on. */
    FAILED,
    /** The run is through. */
    THROUGH
  }

  private static <K> Object get(IMap<K, Object> map, K key) {
    try {
      return map.get(key);
    } catch (HazelcastSerializationException e) {
      map.delete(key); // of a class that we do not have
      return null;
    }
  }

  /** What {@code parse} makes of a frame, or null if there is none that can be read and proved. */
  private <T> T open(Object value, int kind, int rank, Function<Frames.Content, T> parse) {
    if (!(value instanceof byte[] frame)) {
      return null;
    }
    try {
      return parse.apply(member.frames().open(frame, kind, 0, 0, rank, "a record"));
    } catch (HazelcastException e) {
      throw e;
    } catch (RuntimeException e) {
      return null;
    }
  }

  private static ByteBuffer payload(Frames.Content content) {
    return content.payload();
  }

  /** The plan that lies there, or {@link Plan#NONE}. */
  Plan plan() {
    return plan(get(plans, PLAN_KEY));
  }

  private Plan plan(Object value) {
    Plan plan = open(value, Frames.PLAN, 0, content -> Plan.of(payload(content)));
    return plan == null ? Plan.NONE : plan;
  }

  /** The newest plan there is, published again if the map has lost it. */
  Plan newest() {
    Object published = get(plans, PLAN_KEY);
    Plan plan = plan(published);
    if (plan.epoch() >= known.epoch()) {
      known = plan;
      knownFrame = plan.epoch() == 0 ? null : (byte[]) published;
    } else {
      publish(published, knownFrame);
    }
    return known;
  }

  /** Puts a plan in place of the newest, unless another has come meanwhile. */
  boolean publish(Plan plan) {
    Object published = get(plans, PLAN_KEY);
    return plan(published).epoch() < plan.epoch()
        && publish(published, member.frames().seal(Frames.PLAN, 0, 0, 0, 0, plan.toBytes()));
  }

  private boolean publish(Object before, byte[] after) {
    return before == null
        ? plans.putIfAbsent(PLAN_KEY, after) == null
        : plans.replace(PLAN_KEY, before, after);
  }

  /** The report of a rank, or null. */
  Report report(int rank) {
    return open(get(reports, rank), Frames.REPORT, rank, content -> Report.of(payload(content)));
  }

  void report(Report report) {
    int rank = member.card().rank();
    reports.set(rank, member.frames().seal(Frames.REPORT, 0, 0, rank, 0, report.toBytes()));
  }

  /** Says that this trainer leaves. */
  void depart(Departure how) {
    String incarnation = member.card().incarnation();
    byte[] name = incarnation.getBytes(StandardCharsets.UTF_8);
    departures.set(
        incarnation, member.frames().seal(Frames.DEPARTURE, 0, 0, 0, how.ordinal(), name));
  }

  /** How a trainer has left, or null. */
  Departure departure(String incarnation) {
    return open(
        get(departures, incarnation),
        Frames.DEPARTURE,
        0,
        content -> {
          String name = StandardCharsets.UTF_8.decode(payload(content)).toString();
          return name.equals(incarnation) ? Departure.values()[content.flags()] : null;
        });
  }
}
