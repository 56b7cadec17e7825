package ffc.runs.record;

import java.time.Clock;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Time that a run has trained and evaluated, over all resumes; the time between its processes does
 * not count, nor do steps that a resumed run makes again.
 */
public final class TrainedTime {
  private static final String SECONDS = "seconds";

  private final Clock clock;
  private final double before;
  private final long since;

  /**
   * Begins now.
   *
   * @param recorded lines of {@code steps.jsonl} that the run goes on from
   */
  public TrainedTime(Clock clock, List<JsonNode> recorded) {
    this.clock = clock;
    before = recorded.isEmpty() ? 0 : of(recorded.get(recorded.size() - 1));
    since = clock.millis();
  }

  /** Seconds up to now; NaN if the earlier records do not tell theirs. */
  public double seconds() {
    return before + (clock.millis() - since) / 1e3;
  }

  /** What a line of {@code steps.jsonl} tells; NaN if nothing. */
  public static double of(JsonNode line) {
    return line.path(SECONDS).isNumber() ? line.path(SECONDS).asDouble() : Double.NaN;
  }

  /** Puts it into a line, unless it is not known. */
  static void put(ObjectNode line, double seconds) {
    Json.put(line, SECONDS, Math.rint(seconds * 1e3) / 1e3);
  }
}
