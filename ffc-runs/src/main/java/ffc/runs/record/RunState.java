package ffc.runs.record;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What has become of a run, by what it has left. */
public enum RunState {
  /** A process trains in its folder. */
  running("in progress"),
  /** All steps were made. */
  done("finished"),
  /** It was asked to stop and did. */
  stopped("interrupted"),
  /** It ended on a failure, which {@code run.log} tells. */
  failed("failed"),
  /** It was killed, or its machine was. */
  unfinished("cut off");

  private static final String LOG = "run.log";
  private static final Pattern BEGIN = Pattern.compile("[0-9-]{10}T[0-9:.]+Z .*");

  private final String text;

  RunState(String text) {
    this.text = text;
  }

  /** For a sentence. */
  public String text() {
    return text;
  }

  /**
   * The state of a run.
   *
   * @param summary of the run, empty if it has none
   * @param lastStep that a record tells of
   */
  public static RunState of(Path run, JsonNode summary, long lastStep) {
    if (RunDirectory.isHeld(run)) {
      return running;
    }
    if (hasEnded(summary, lastStep)) {
      return ended(summary);
    }
    return failure(run).isPresent() ? failed : unfinished;
  }

  /** The state as the process says that is about to leave the folder. */
  public static RunState atItsEnd(Path run, JsonNode summary, long lastStep) {
    return hasEnded(summary, lastStep) ? ended(summary) : of(run, summary, lastStep);
  }

  /** A run that was resumed and killed has gone on after the summary that it had. */
  private static boolean hasEnded(JsonNode summary, long lastStep) {
    return !summary.isEmpty() && summary.path("steps").asLong(Long.MAX_VALUE) >= lastStep;
  }

  private static RunState ended(JsonNode summary) {
    return summary.path("finished").asBoolean(true) ? done : stopped;
  }

  /** The first line of the failure that ended a run; empty if it has gone on since. */
  public static Optional<String> failure(Path run) {
    Path log = run.resolve(LOG);
    if (Files.notExists(log)) {
      return Optional.empty();
    }
    try {
      FileTime logged = Files.getLastModifiedTime(log);
      for (String record : new String[] {"steps.jsonl", "manifest.json"}) {
        Path file = run.resolve(record);
        if (Files.exists(file) && Files.getLastModifiedTime(file).compareTo(logged) > 0) {
          return Optional.empty();
        }
      }
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> BEGIN.matcher(line).matches())
          .reduce((earlier, later) -> later);
    } catch (IOException e) {
      return Optional.empty(); // what cannot be read must not keep the rest from being looked at
    }
  }
}
