package ffc.core.checkpoint;

import ffc.formats.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a run of several trainers came to its present step: it goes on, or back and then on, each
 * time that a trainer is lost or comes in. Two trainers whose histories agree up to a step have
 * made the steps until then together. In a file it is one line a part: {@code STEP NAME}, NAME in
 * 16 hexadecimal digits.
 *
 * @param parts in the order of their steps
 */
record History(List<Part> parts) {
  /** Of a run that has not begun. */
  static final History NONE = new History(List.of());

  private static final Pattern LINE = Pattern.compile("([0-9]{1,18}) ([0-9a-f]{16})");

  /**
   * Steps made by the same trainers.
   *
   * @param after step that it goes on from
   * @param name drawn by one of them
   */
  record Part(long after, long name) {}

  /** The history of a run that goes on from one of this one's steps. */
  History goingOn(long after, long name) {
    List<Part> longer = new ArrayList<>();
    // A part that begins there has made no step.
    parts.stream().filter(part -> part.after() < after).forEach(longer::add);
    longer.add(new Part(after, name));
    return new History(List.copyOf(longer));
  }

  /** The last step up to which both tell of the same; {@link Long#MAX_VALUE} if they are equal. */
  long commonWith(History other) {
    for (int i = 0; ; i++) {
      boolean here = i < parts.size();
      boolean there = i < other.parts.size();
      if (!here && !there) {
        return Long.MAX_VALUE;
      }
      if (!here || !there || !parts.get(i).equals(other.parts.get(i))) {
        return Math.min(
            here ? parts.get(i).after() : Long.MAX_VALUE,
            there ? other.parts.get(i).after() : Long.MAX_VALUE);
      }
    }
  }

  /** Puts it where {@link #get} reads it. */
  void put(ByteBuffer out) {
    parts.forEach(part -> out.putLong(part.after()).putLong(part.name()));
  }

  int bytes() {
    return parts.size() * 2 * Long.BYTES;
  }

  /** Reads what is left of a buffer. */
  static History get(ByteBuffer in) {
    List<Part> parts = new ArrayList<>();
    while (in.hasRemaining()) {
      parts.add(new Part(in.getLong(), in.getLong()));
    }
    return new History(List.copyOf(parts));
  }

  /** What a file holds; none if it is not there or damaged. */
  static History read(Path file) throws IOException {
    if (Files.notExists(file)) {
      return NONE;
    }
    List<Part> parts = new ArrayList<>();
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    for (String line : text.lines().toList()) {
      Matcher part = LINE.matcher(line);
      if (!part.matches()) {
        return NONE;
      }
      parts.add(new Part(Long.parseLong(part.group(1)), Long.parseUnsignedLong(part.group(2), 16)));
    }
    return new History(List.copyOf(parts));
  }

  void write(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    parts.forEach(part -> text.append("%d %016x%n".formatted(part.after(), part.name())));
    WholeFile.write(file, text.toString());
  }
}
