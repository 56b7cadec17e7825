package ffc.loaders.remote;

import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Status and headers of an answer to a request for a range. */
record Reply(int status, HttpHeaders headers) {
  private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-\\d+/(\\d{1,18}|\\*)");

  private String header(String name) {
    return headers.firstValue(name).orElse("").strip();
  }

  /** Whether the same request may be answered well a little later. */
  boolean isPassing() {
    return switch (status) {
      case 408, 425, 429, 500, 502, 503, 504 -> true;
      default -> false;
    };
  }

  boolean isMissing() {
    return status == 404 || status == 410;
  }

  /** ETag, else the time of change, else nothing. */
  String tag() {
    String tag = header("ETag");
    return tag.isEmpty() ? header("Last-Modified") : tag;
  }

  /** Time of change; 0 if it is not said. */
  long changedMillis() {
    Instant changed = instant(header("Last-Modified"));
    return changed == null ? 0 : changed.toEpochMilli();
  }

  /** First byte of what is sent; -1 if it is not said. */
  long start() {
    Matcher range = RANGE.matcher(header("Content-Range"));
    return range.matches() ? Long.parseLong(range.group(1)) : -1;
  }

  /** Bytes of the whole object; -1 if they are not said. */
  long total() {
    if (status == 416 && header("Content-Range").equals("bytes */0")) {
      return 0;
    }
    Matcher range = RANGE.matcher(header("Content-Range"));
    return range.matches() && !range.group(2).equals("*") ? Long.parseLong(range.group(2)) : -1;
  }

  /** How it is packed; empty if it is not. */
  String packed() {
    String encoding = header("Content-Encoding");
    return encoding.equalsIgnoreCase("identity") ? "" : encoding;
  }

  /** Where the object is instead; empty if nowhere. */
  String elsewhere() {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> header("Location");
      default -> "";
    };
  }

  /** How long the server wants to be left alone, or null. */
  Duration retryAfter() {
    String after = header("Retry-After");
    if (after.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(after));
    }
    Instant then = instant(after);
    return then == null ? null : Duration.between(Instant.now(), then);
  }

  private static Instant instant(String text) {
    try {
      return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }
}
